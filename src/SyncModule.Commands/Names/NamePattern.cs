using System.Management.Automation;

namespace SyncModule.Commands.Names;

/// <summary>
/// A name as a person gives it. The letters as they stand go first, because a name may hold brackets; then wildcards, if it has some,
/// else the name with its escapes taken away. Wildcards ignore case.
/// </summary>
internal static class NamePattern
{
    public static bool HasWildcards(string name) => WildcardPattern.ContainsWildcardCharacters(name);

    /// <summary>The pattern, ready to match.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>: it is none, for example because a bracket is not closed.</exception>
    public static WildcardPattern Of(string text)
    {
        var pattern = WildcardPattern.Get(text, WildcardOptions.IgnoreCase);
        try
        {
            // Compiled with the first match only, which may be in the middle of a list.
            pattern.IsMatch("");
            return pattern;
        }
        catch (WildcardPatternException e)
        {
            throw SyncErrors.UsageWrong.With($"'{text}' is no pattern: a [ begins a set of characters and needs its ]; write `[ for the character itself", e);
        }
    }

    /// <summary>Those that are meant, out of a short list.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/>.</exception>
    public static IReadOnlyList<T> Select<T>(IReadOnlyList<T> all, Func<T, string> nameOf, string name)
    {
        List<T> exact = [.. all.Where(i => string.Equals(nameOf(i), name, StringComparison.Ordinal))];
        if (exact.Count > 0) return exact;
        if (HasWildcards(name))
        {
            var pattern = Of(name);
            return [.. all.Where(i => pattern.IsMatch(nameOf(i)))];
        }

        string literal = Unescaped(name);
        return [.. all.Where(i => string.Equals(nameOf(i), literal, StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>`[ and the like without the backtick.</summary>
    public static string Unescaped(string name) => name.Contains('`', StringComparison.Ordinal) ? WildcardPattern.Unescape(name) : name;
}
