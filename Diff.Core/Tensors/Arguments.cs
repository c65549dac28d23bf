using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Arguments of public functions, which null is not.</summary>
internal static class Arguments {
    extension<T>([System.Diagnostics.CodeAnalysis.NotNull] T? argument) {
        /// <summary>The argument.</summary>
        /// <exception cref="NullException">It is null.</exception>
        public T Given([CallerArgumentExpression(nameof(argument))] string name = "", [CallerMemberName] string function = "") =>
            argument is null ? throw new NullException($"{function}: {name} is null.{(typeof(T) == typeof(Tensor) ? " Has a field of a model been left without its tensor?" : "")}") : argument;
    }

    extension(double argument) {
        /// <summary>The argument.</summary>
        /// <exception cref="DomainException">It is less, or NaN.</exception>
        public double AtLeast(double low, [CallerArgumentExpression(nameof(argument))] string name = "", [CallerMemberName] string function = "") =>
            argument >= low ? argument : throw Outside(function, name, argument, $"at least {low}");

        /// <inheritdoc cref="AtLeast(double, double, string, string)"/>
        public double MoreThan(double low, [CallerArgumentExpression(nameof(argument))] string name = "", [CallerMemberName] string function = "") =>
            argument > low ? argument : throw Outside(function, name, argument, $"more than {low}");

        /// <summary>The argument.</summary>
        /// <exception cref="DomainException">It is not between the two, or not a number.</exception>
        public double Between(double low, double high, [CallerArgumentExpression(nameof(argument))] string name = "", [CallerMemberName] string function = "") =>
            argument >= low && argument <= high ? argument : throw Outside(function, name, argument, $"from {low} to {high}");

        /// <summary>A rate at which something is forgotten: 1 would keep all of it, and learn nothing.</summary>
        /// <exception cref="DomainException">It is not at least 0 and less than 1.</exception>
        public double Decay([CallerArgumentExpression(nameof(argument))] string name = "", [CallerMemberName] string function = "") =>
            argument >= 0 && argument < 1 ? argument : throw Outside(function, name, argument, "at least 0 and less than 1");
    }

    extension(int argument) {
        /// <inheritdoc cref="AtLeast(double, double, string, string)"/>
        public int AtLeast(int low, [CallerArgumentExpression(nameof(argument))] string name = "", [CallerMemberName] string function = "") =>
            argument >= low ? argument : throw Outside(function, name, argument, $"at least {low}");
    }

    static DomainException Outside(string function, string name, double argument, string rule) =>
        new(FormattableString.Invariant($"{function}: {name} is {argument}; it has to be {rule}."));
}
