// Nonlinear least squares on a certified problem: by hand with a Jacobian and a QR, and by Levenberg–Marquardt. Run: dotnet run examples/13-least-squares.cs

// NIST StRD, Misra1a (public domain): the volume adsorbed in dental research, by pressure; y = b₁·(1 − e^(−b₂·x)).
Tensor y = [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78];
Tensor x = [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0];
Tensor certified = [2.3894212918E+02, 5.5015643181E-04];
const double CertifiedSum = 1.2455138894E-01;

Tensor Residuals(Tensor b) => b[0] * (1 - Exp(-b[1] * x)) - y;

// Gauss–Newton: replace the residuals by their linear model, whose least squares are a linear problem.
Tensor b = [250, 5e-4];
for (var i = 0; i < 8; i++) {
    Console.WriteLine($"Gauss–Newton {i}: sum of squares {Residuals(b).Square().Sum().Item():E9}");
    b -= Lstsq(JacobianForward(Residuals, b), Residuals(b));
}
Report("by hand", b);

// From NIST's far start the linear model is no good at first. Levenberg–Marquardt shortens steps that do not help.
var fit = LevenbergMarquardt(Residuals, [500, 1e-4]);
Report($"Levenberg–Marquardt, {fit.Steps} steps from the far start", fit.Params);

// Parameters may be any record, and what is known of the noise gives their standard deviations: s²·(JᵀJ)⁻¹.
var model = LevenbergMarquardt(p => p.Volume * (1 - Exp(-p.Rate * x)) - y, new Adsorption(250.0, 5e-4)).Params;
Console.WriteLine($"as a record: {model}");
var j = JacobianForward(Residuals, fit.Params);
var covariance = fit.SumOfSquares / (x.Size - 2) * Inv(j.T.MatMul(j));
Console.WriteLine($"standard deviations {Sqrt(Diagonal(covariance))[0].Item():F6} (certified 2.707008) and {Sqrt(Diagonal(covariance))[1].Item():E6} (certified 7.266869E-006)");

void Report(string how, Tensor found) {
    var digits = -Math.Log10(((found - certified) / certified).Abs().Max().Item());
    Console.WriteLine($"{how}: b = {found[0].Item():F8}, {found[1].Item():E10}; at least {digits:F1} certified digits, sum of squares off by {Math.Abs(Residuals(found).Square().Sum().Item() - CertifiedSum):E1}");
}

record Adsorption(Tensor Volume, Tensor Rate);
