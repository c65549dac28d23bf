namespace Diff.Tests.Benchmarks;

/// <summary>ADBench's bundle adjustment: cameras and points, from where the cameras see the points.</summary>
static class BundleAdjustment {
    /// <summary>The error of one observation [2]: a camera [11] projects a point [3], compared with a feature [2] and weighted.</summary>
    public static Tensor Reprojection(Tensor camera, Tensor point, Tensor weight, Tensor feature) {
        var x = Rodrigues(camera[..3], point - camera[3..6]);
        var u = x[..2] / x[2];
        var square = u.Square().Sum();
        var distorted = u * (1 + camera[9] * square + camera[10] * square.Square());
        return weight * (camera[6] * distorted + camera[7..9] - feature);
    }

    /// <summary>A point [3] turned about an axis, by the axis's length.</summary>
    public static Tensor Rodrigues(Tensor r, Tensor x) {
        var angle = r.Norm();
        var axis = r / angle;
        return x * Cos(angle) + Cross(axis, x) * Sin(angle) + axis * (Dot(axis, x) * (1 - Cos(angle)));
    }

    static Tensor Cross(Tensor a, Tensor b) => Stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]);
}
