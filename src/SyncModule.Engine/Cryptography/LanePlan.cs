namespace SyncModule.Engine.Cryptography;

/// <summary>
/// Which of some messages go through the sixteen lanes together, and in what order. One message that is much longer than the others would keep one
/// lane busy and leave fifteen idle: those are faster one by one, with the processor's own SHA instructions.
/// </summary>
internal static class LanePlan
{
    /// <summary>Messages that are planned at a time: their lists fit the stack.</summary>
    public const int AtOnce = 256;

    /// <summary>Fewer than this are not worth sixteen lanes.</summary>
    public const int Worthwhile = 8;

    // Measured on two makes of processors: all lanes together are twice as fast as the library, whose call costs as much as some hundred bytes.
    private const int CallBytes = 512;

    // From here on the order matters more than sorting costs.
    private const int WorthSorting = 4096;

    /// <summary>Puts the indices of the messages in order, the longest first.</summary>
    /// <param name="messages">At most <see cref="AtOnce"/>.</param>
    /// <param name="order">As many.</param>
    /// <returns>How many of the first in order go one by one; all others go through the lanes together.</returns>
    public static int Make(ReadOnlySpan<LaneParts> messages, Span<int> order)
    {
        if (messages.Length > AtOnce) throw new ArgumentException("Too many messages for one plan.", nameof(messages));
        long longest = 0, total = 0;
        for (int i = 0; i < messages.Length; i++)
        {
            order[i] = i;
            longest = Math.Max(longest, messages[i].Length);
            total += messages[i].Length + CallBytes;
        }

        if (!Sha256Lanes16.IsSupported || messages.Length < Worthwhile) return messages.Length;
        if (longest >= WorthSorting)
        {
            Span<int> shortness = stackalloc int[messages.Length];
            for (int i = 0; i < messages.Length; i++) shortness[i] = (int)-messages[i].Length;
            shortness.Sort(order[..messages.Length]);
        }
        else if (Together(longest, total)) return 0;

        for (int alone = 0; messages.Length - alone >= Worthwhile; alone++)
        {
            long next = messages[order[alone]].Length;
            if (Together(next, total)) return alone;
            total -= next + CallBytes;
        }

        return messages.Length;
    }

    // Sixteen lanes as long as the longest message take less time than all messages one by one.
    private static bool Together(long longest, long total) => longest * Sha256Compression.Lanes < total * 9 / 5;
}
