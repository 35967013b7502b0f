namespace SyncModule.Commands.Vaults;

/// <summary>
/// A guess at how hard a passphrase is to guess, for the person who has just typed it: what guessers try first counts little. Words count
/// as picks from a list of some thousands, however long they are; digits and signs in their middle as a way to spell them.
/// </summary>
internal static class PassphraseStrength
{
    private const double BitsOfWord = 13, BitsOfLetter = 4.7, BitsOfDigit = 3.3, BitsOfOther = 5, BitsOfSpelling = 2;
    private const int LettersOfWord = 9;

    // Each try costs a fraction of a second of Argon2id, so that 2^45 of them are out of reach.
    private const int Fair = 30, Strong = 45;
    private const string Disguised = "013457@$!";

    /// <summary>One line for the console.</summary>
    public static string Describe(ReadOnlySpan<char> passphrase) => BitsOf(passphrase) switch
    {
        < Fair => "Strength: weak. Whoever has a copy of the folder can guess it; four unrelated words are strong.",
        < Strong => "Strength: fair. One more word makes it strong.",
        _ => "Strength: strong.",
    };

    internal static int BitsOf(ReadOnlySpan<char> passphrase)
    {
        double bits = 0;
        var seen = new HashSet<int>();
        for (int at = 0; at < passphrase.Length;)
        {
            int length = char.IsLetter(passphrase[at]) ? LengthOfWord(passphrase[at..]) : 1;
            var run = passphrase.Slice(at, length);
            // What was there before, in whatever case, is one pick already made.
            if (length > 1 && !seen.Add(string.GetHashCode(run, StringComparison.OrdinalIgnoreCase))) bits += 1;
            else if (length > 1 || char.IsLetter(run[0])) bits += BitsOfRun(run);
            else bits += at > 0 && Math.Abs(run[0] - passphrase[at - 1]) <= 1 ? 1 : char.IsDigit(run[0]) ? BitsOfDigit : char.IsWhiteSpace(run[0]) ? 0 : BitsOfOther;
            at += length;
        }

        return (int)bits;
    }

    // A word goes on over a disguised letter when another letter follows.
    private static int LengthOfWord(ReadOnlySpan<char> text)
    {
        int length = 1;
        while (length < text.Length && (char.IsLetter(text[length]) || (Disguised.Contains(text[length], StringComparison.Ordinal) && length + 1 < text.Length && char.IsLetter(text[length + 1])))) length++;
        return length;
    }

    private static double BitsOfRun(ReadOnlySpan<char> run)
    {
        int different = 1;
        bool isSpelled = false;
        for (int i = 1; i < run.Length; i++)
        {
            if (Math.Abs(char.ToLowerInvariant(run[i]) - char.ToLowerInvariant(run[i - 1])) > 1) different++;
            isSpelled |= !char.IsLetter(run[i]) || char.IsUpper(run[i]);
        }

        double words = BitsOfWord * ((run.Length + LettersOfWord - 1) / LettersOfWord);
        return Math.Min(different * BitsOfLetter, words) + (isSpelled ? BitsOfSpelling : 0);
    }
}
