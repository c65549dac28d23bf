using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Diff;

/// <summary>A stretch of some work: indices from … to − 1. It writes what no other stretch reads or writes.</summary>
/// <typeparam name="S">What the stretches work on: it may hold spans and pointers, the caller waits until all are done.</typeparam>
internal delegate void Stretch<S>(in S state, int from, int to) where S : allows ref struct;

/// <summary>What most kernels work on, as the state of a fork.</summary>
internal readonly ref struct FromTo<X, Y, P>(ReadOnlySpan<X> from, Span<Y> to, P parameters) {
    public readonly ReadOnlySpan<X> From = from;
    public readonly Span<Y> To = to;
    public readonly P Parameters = parameters;
}

/// <summary>Independent work on several cores: cut into parts, which the caller and helping threads take one after the other.</summary>
/// <remarks>
/// A helper spins for a moment after its last part and then parks: to fork costs under a microsecond while it spins, and some
/// fifty to wake it, which the caller does not wait for: it goes on taking parts itself. One fork is under way at a time; who comes
/// while the helpers are busy, another thread or a part that forks again, computes alone. So nothing here can deadlock, and no
/// more threads run than the machine has cores. What is computed never depends on any of this: only where.
/// </remarks>
internal static unsafe class ForkJoin {
    /// <summary>Nanoseconds of work that are worth being a part of their own, when a helper is already awake.</summary>
    const double Least = 5_000;

    /// <summary>Nanoseconds of work that are worth waking a helper for.</summary>
    const double Waking = 60_000;

    /// <summary>The number of the thread that forks, beside those of the helpers.</summary>
    const int Caller = -1;

    /// <summary>How long a helper spins before it parks.</summary>
    static readonly long spinTicks = Stopwatch.Frequency * 50 / 1_000_000;

    /// <summary>The threads of this process, the caller's among them.</summary>
    public static readonly int Cores =
        int.TryParse(Environment.GetEnvironmentVariable("DIFF_THREADS"), out var most) && most > 0 ? Math.Min(most, Environment.ProcessorCount) : Environment.ProcessorCount;

    static readonly Helper?[] helpers = new Helper?[Math.Min(Cores, Offer.Most) - 1];
    static Job job;
    static Line offer, pending, awake;
    static int taken;

    [ThreadStatic] static int limit;
    [ThreadStatic] static bool always;

    /// <summary>How many threads work that begins on this thread may use.</summary>
    public static int Limit => limit > 0 ? limit : Cores;

    /// <summary>Runs f with another limit. The parts are cut for as many threads, even where there are fewer.</summary>
    /// <param name="always">Cuts the smallest work, for tests.</param>
    public static T Using<T>(int threads, Func<T> f, bool always = false) {
        var before = (limit, ForkJoin.always);
        (limit, ForkJoin.always) = (threads, always);
        try {
            return f();
        } finally {
            (limit, ForkJoin.always) = before;
        }
    }

    /// <summary>Runs the stretches of 0 … count − 1, on several cores where that is worth it.</summary>
    /// <param name="count">How many indices.</param>
    /// <param name="nanoseconds">About what all of them take on one core.</param>
    /// <param name="state">What the body works on.</param>
    /// <param name="body">The work: a static lambda, which is allocated once.</param>
    /// <param name="unit">Stretches begin at multiples of it.</param>
    /// <param name="each">Parts for each thread, so that who is late leaves some to the others: 1 where a part has much to prepare.</param>
    public static void Over<S>(int count, double nanoseconds, in S state, Stretch<S> body, int unit = 1, int each = 2) where S : allows ref struct {
        if (count == 0) return;
        var threads = Limit;
        var most = (int)Math.Min(Cuts.UnitsOf(count, unit), Math.Min((long)threads * each, Offer.Most));
        var parts = always ? most : (int)Math.Min(most, nanoseconds / Least);
        if (threads == 1 || parts <= 1 || !always && !IsWorth(nanoseconds) || Interlocked.CompareExchange(ref taken, 1, 0) != 0) {
            // Tests want the cuts, whoever runs the parts.
            var cuts = new Cuts(count, unit, always && threads > 1 ? parts : 1);
            for (var part = 0; part < cuts.Parts; part++) body(state, cuts.First(part), cuts.First(part + 1));
            return;
        }
        job = new() { Call = &Part<S>, State = Unsafe.AsPointer(ref Unsafe.AsRef(in state)), Body = body, Cuts = new(count, unit, parts) };
        Volatile.Write(ref pending.Value, parts);
        var wake = always || nanoseconds >= Waking;
        var helping = Math.Min(Math.Min(threads, parts) - 1, helpers.Length);
        if (wake) helping = Hired(helping);
        Interlocked.Exchange(ref offer.Value, Offer.Of(helping, parts));
        if (wake)
            for (var i = 0; i < helping; i++) helpers[i]!.Wake();
        while (Take(Caller, out var part)) Do(part);
        Join();
    }

    static bool IsWorth(double nanoseconds) => helpers.Length > 0 && (nanoseconds >= Waking || Volatile.Read(ref awake.Value) > 0);

    // Helpers are made when there is work for them, once; where the system gives no more threads, those that there are must do.
    static int Hired(int wanted) {
        for (var i = 0; i < wanted; i++) {
            if (helpers[i] is not null) continue;
            try {
                helpers[i] = new(i);
            } catch (OutOfMemoryException) {
                return i;
            }
        }
        return wanted;
    }

    static void Part<S>(int part) where S : allows ref struct =>
        Unsafe.As<Stretch<S>>(job.Body)(in Unsafe.AsRef<S>(job.State), job.Cuts.First(part), job.Cuts.First(part + 1));

    static void Do(int part) {
        try {
            job.Call(part);
        } catch (Exception e) {
            // Of several errors the first in order is thrown, as it would be on one core.
            lock (helpers)
                if (job.Failure is null || part < job.FailedPart) (job.Failure, job.FailedPart) = (e, part);
        }
        Interlocked.Decrement(ref pending.Value);
    }

    static void Join() {
        for (var spins = 0; Volatile.Read(ref pending.Value) != 0; spins++)
            if (spins < 2000) Thread.SpinWait(1);
            else Thread.Yield();
        var failure = job.Failure;
        job = default;
        Volatile.Write(ref taken, 0);
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>The next part. Until it is done the job cannot end, so its fields may be read.</summary>
    static bool Take(int helper, out int part) {
        for (var seen = Volatile.Read(ref offer.Value); ;) {
            if (!Offer.IsFor(helper, seen)) {
                part = -1;
                return false;
            }
            var isCaller = helper == Caller;
            // That the word is as it was is enough, even if other jobs came and went meanwhile: what is taken is of the one there is.
            var was = Interlocked.CompareExchange(ref offer.Value, seen + (isCaller ? Offer.FirstTaken : Offer.LastTaken), seen);
            if (was == seen) {
                part = isCaller ? Offer.First(seen) : Offer.End(seen) - 1;
                return true;
            }
            seen = was;
        }
    }

    /// <summary>What is being computed.</summary>
    struct Job {
        public delegate*<int, void> Call;
        public void* State;
        public object Body;
        public Cuts Cuts;
        public Exception? Failure;
        public int FailedPart;
    }

    /// <summary>0 … count − 1 in even parts that begin at multiples of the unit.</summary>
    readonly record struct Cuts(int Count, int Unit, int Parts) {
        public int First(int part) => (int)Math.Min(Count, (long)UnitsOf(Count, Unit) * part / Parts * Unit);

        public static int UnitsOf(int count, int unit) => (int)(((long)count + unit - 1) / unit);
    }

    /// <summary>The parts that nobody has taken, first … end − 1, and how many helpers may take some: one word, so that they are seen together.</summary>
    /// <remarks>The caller takes from the front and helpers from the end, so that from one fork to the next a part's memory stays in the same core's cache.</remarks>
    static class Offer {
        public const int Most = 0xFFFF;
        public const long FirstTaken = 1 << 16, LastTaken = -1;

        public static long Of(int helpers, int parts) => (long)helpers << 32 | (uint)parts;

        public static int First(long offer) => (int)(offer >> 16) & Most;

        public static int End(long offer) => (int)offer & Most;

        public static bool IsFor(int helper, long offer) => First(offer) < End(offer) && helper < (int)(offer >> 32);
    }

    /// <summary>A number alone on its cache lines.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Line {
        [FieldOffset(128)]
        public long Value;
    }

    /// <summary>A thread that helps; it never keeps the process alive.</summary>
    sealed class Helper {
        const int Awake = 0, Parked = 1;

        readonly int number;
        readonly SemaphoreSlim bell = new(0);
        int state = Awake;

        public Helper(int number) {
            this.number = number;
            new Thread(Work) { IsBackground = true, Name = $"Diff {number + 1}" }.UnsafeStart();
            Interlocked.Increment(ref awake.Value);
        }

        public void Wake() {
            if (Volatile.Read(ref state) == Parked && Interlocked.CompareExchange(ref state, Awake, Parked) == Parked) {
                Interlocked.Increment(ref awake.Value);
                bell.Release();
            }
        }

        void Work() {
            while (true) {
                while (Take(number, out var part)) Do(part);
                if (!Spin()) Park();
            }
        }

        bool IsWanted() => Offer.IsFor(number, Volatile.Read(ref offer.Value));

        bool Spin() {
            var until = Stopwatch.GetTimestamp() + spinTicks;
            do {
                for (var i = 0; i < 16; i++) {
                    if (IsWanted()) return true;
                    Thread.SpinWait(1);
                }
            } while (Stopwatch.GetTimestamp() < until);
            return false;
        }

        void Park() {
            Interlocked.Exchange(ref state, Parked);
            Interlocked.Decrement(ref awake.Value);
            // A job that was offered before anybody could see that this one sleeps; whoever saw it has rung.
            if (IsWanted() && Interlocked.CompareExchange(ref state, Awake, Parked) == Parked) Interlocked.Increment(ref awake.Value);
            else bell.Wait();
        }
    }
}
