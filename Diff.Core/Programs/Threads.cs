namespace Diff;

/// <summary>How many threads large computations use. A result never depends on it: the bits are those of one thread.</summary>
/// <remarks>Work is cut into independent pieces where it takes longer than handing it over; small functions run on the thread that calls
/// them. One computation at a time is shared out: with several threads of your own each of them computes by itself while the helping threads are
/// busy. The environment variable <c>DIFF_THREADS</c> lowers the number for the whole process.</remarks>
public static class Threads {
    /// <summary>The number that computations on this thread may use: the processors of the machine unless <see cref="Using"/> or <c>DIFF_THREADS</c> says less.</summary>
    public static int Count => ForkJoin.Limit;

    /// <summary>What the function returns; what is computed on this thread while it runs uses at most so many threads.</summary>
    /// <param name="count">At least 1, which is this thread alone. More than the machine has processors is no faster.</param>
    /// <param name="f">The computation. Values that it leaves to be computed later, inside of a transform, are not computed here.</param>
    /// <returns>What f returns.</returns>
    /// <exception cref="DomainException">The count is less than 1.</exception>
    /// <remarks>As <c>torch.set_num_threads</c>, but for a function on this thread instead of for all from now on: threads that f starts have their own limits.</remarks>
    /// <example><code>
    /// var y = Threads.Using(1, () => x.MatMul(w));
    /// </code></example>
    public static T Using<T>(int count, Func<T> f) => ForkJoin.Using(count.AtLeast(1), f.Given());
}
