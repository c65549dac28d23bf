using System.Globalization;
using Diff.Examples;

namespace Diff.Tests.Benchmarks;

/// <summary>ADBench's hand: a skin of vertices on bones, which 26 parameters pose, compared with observed points.</summary>
/// <param name="Parents">Each bone's parent, before it in order; −1 for the first.</param>
/// <param name="Relatives">Each bone's place as seen from its parent [bones, 4, 4].</param>
/// <param name="Inverses">From the resting hand's space into each bone's [bones, 4, 4].</param>
/// <param name="Vertices">Of the resting hand, homogeneous [vertices, 4].</param>
/// <param name="Weights">How each vertex follows the bones [bones, vertices].</param>
/// <param name="Triangles">Three vertices each [triangles, 3].</param>
/// <param name="Observed">What is seen [points, 3].</param>
/// <param name="Found">The vertex (or, with <c>us</c>, the triangle) that each point belongs to.</param>
sealed record Hand(int[] Parents, Tensor Relatives, Tensor Inverses, Tensor Vertices, Tensor Weights, Tensor Triangles, Tensor Observed, Tensor Found) {
    /// <summary>The differences between points and their vertices [points, 3], by pose [26].</summary>
    public Tensor Errors(Tensor pose) => Observed - Posed(pose).Take(Found);

    /// <summary>The differences between points and places on their triangles [points, 3], by pose and barycentric coordinates [points, 2].</summary>
    public Tensor Errors(Tensor pose, Tensor us) {
        var corners = Posed(pose).Take(Triangles.Take(Found));
        var shares = Concat([us, 1 - us.Sum([1], keep: true)], 1);
        return Observed - (shares[.., .., NewAxis] * corners).Sum(1);
    }

    // All vertices [vertices, 3]: skinned in the wrist's space, then turned and moved.
    Tensor Posed(Tensor pose) {
        var relatives = Relatives.MatMul(Bends(pose));
        var absolutes = new Tensor[Parents.Length];
        for (var i = 0; i < absolutes.Length; i++) absolutes[i] = Parents[i] < 0 ? relatives[i] : absolutes[Parents[i]].MatMul(relatives[i]);
        var transforms = Stack(absolutes).MatMul(Inverses);
        var skin = Einsum("bv,bij,vj->vi", Weights, transforms[.., ..3, ..], Vertices);
        return Vmap((Tensor x) => BundleAdjustment.Rodrigues(pose[..3], x))(skin) + pose[3..6];
    }

    // How the joints of the fingers bend [bones, 4, 4]: the first of each finger about two axes, the others about one.
    static readonly Tensor places = Tensor.Ints([.. Enumerable.Range(0, 22).SelectMany(bone => {
        const int none = 26;
        var (finger, joint) = Math.DivRem(bone - 2, 4);
        var first = 6 + 4 * finger;
        return bone < 2 ? [none, none] : joint switch { 0 => [first, first + 1], 1 => [first + 2, none], 2 => new[] { first + 3, none }, _ => [none, none] };
    })]).Reshape(22, 2);

    static Tensor Bends(Tensor pose) {
        var angles = Concat([pose, [0]]).Take(places);
        var ((sx, cx), (sz, cz)) = (SinCos(angles[.., 0]), SinCos(angles[.., 1]));
        var (zero, one) = (Tensor.ZerosLike(sx), Tensor.OnesLike(sx));
        // Rz·Rx
        return Stack([
            Stack([cz, -sz * cx, sz * sx, zero], 1),
            Stack([sz, cz * cx, -cz * sx, zero], 1),
            Stack([zero, sx, cx, zero], 1),
            Stack([zero, zero, zero, one], 1)], 1);

        static (Tensor, Tensor) SinCos(Tensor x) => (Sin(x), Cos(x));
    }

    /// <summary>Reads ADBench's files.</summary>
    public static (Hand Hand, Tensor Pose, Tensor Us) Read(string folder, string file, bool complicated) {
        string[][] Cells(string name) => [.. File.ReadLines(Path.Combine(folder, name)).Select(l => l.Split(':'))];
        double[] Numbers(IEnumerable<string> cells) => [.. cells.Select(c => double.Parse(c, CultureInfo.InvariantCulture))];
        var (bones, vertices) = (Cells("bones.txt"), Cells("vertices.txt"));
        var weights = new double[bones.Length, vertices.Length];
        foreach (var (v, cells) in vertices.Index())
            foreach (var pair in Numbers(cells[9..]).Chunk(2)) weights[(int)pair[0], v] = pair[1];
        Tensor Transforms(Range cells) => Tensor.Of([.. bones.SelectMany(b => Numbers(b[cells]))]).Reshape(-1, 4, 4);

        var rows = NumberFile.Rows(file);
        var points = (int)rows[0][0];
        var (seen, us, pose) = (rows[1..(points + 1)], complicated ? rows[(points + 1)..(2 * points + 1)] : [], rows[^26..]);
        return (new([.. bones.Select(b => int.Parse(b[1], CultureInfo.InvariantCulture))], Transforms(2..18), Transforms(18..34),
            Tensor.Of([.. vertices.SelectMany(v => Numbers(v[..3]).Append(1))]).Reshape(-1, 4), weights,
            Tensor.Ints([.. Cells("triangles.txt").SelectMany(t => Numbers(t)).Select(n => (int)n)]).Reshape(-1, 3),
            NumberFile.Matrix(seen)[.., 1..], Tensor.Ints([.. seen.Select(r => (int)r[0])])), NumberFile.Vector(pose), complicated ? NumberFile.Matrix(us) : Tensor.Zeros(points, 2));
    }
}
