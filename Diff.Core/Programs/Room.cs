namespace Diff;

/// <summary>Memory for values of a loop or the like, kept from run to run where that is little: plans are many, and large arrays come from those that nobody can
/// reach any more.</summary>
internal sealed class Room(int count) {
    readonly View?[] views = new View?[count];

    /// <summary>One of them, of that type, with whatever bytes it has.</summary>
    public View Of(int i, TensorType type) => views[i] ??= View.Allocate(type);

    /// <summary>Lets go of what is large.</summary>
    public void Return() {
        for (var i = 0; i < views.Length; i++)
            if (views[i]?.Bytes.Length >= Recycling.Least) views[i] = null;
    }
}
