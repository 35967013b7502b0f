namespace SyncModule.Daemon.Unlocking;

/// <summary>Asks on the terminal, without showing what is typed. Never when standard input is redirected.</summary>
internal static class Prompt
{
    private const int MaxLength = 1024;

    /// <summary>Nobody can answer a question in a pipe, a service or a scheduled job.</summary>
    public static bool IsPossible => !Console.IsInputRedirected;

    /// <summary>The typed characters; the caller zeroes them.</summary>
    public static char[] Ask(string question, CancellationToken cancellation, int longest = MaxLength)
    {
        Console.Error.Write(question + " ");
        // A key cannot be waited for with a limit, so an interrupted question is left behind; the process ends then.
        var asking = Task.Run(() => ReadLine(longest), CancellationToken.None);
        try
        {
            asking.Wait(cancellation);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine();
            throw;
        }

        return asking.GetAwaiter().GetResult();
    }

    private static char[] ReadLine(int longest)
    {
        var typed = new char[longest];
        int length = 0;
        try
        {
            while (true)
            {
                var key = Console.ReadKey(intercept: true);
                if (key.Key == ConsoleKey.Enter) break;
                if (key.Key == ConsoleKey.Backspace) length = Math.Max(0, length - 1);
                else if (key.Key == ConsoleKey.U && key.Modifiers.HasFlag(ConsoleModifiers.Control)) length = 0;
                else if (key.Key == ConsoleKey.D && key.Modifiers.HasFlag(ConsoleModifiers.Control) && length == 0) throw new OperationCanceledException();
                else if (key.KeyChar != '\0' && !char.IsControl(key.KeyChar) && length < typed.Length) typed[length++] = key.KeyChar;
            }

            return typed[..length];
        }
        finally
        {
            Secrets.Zero(typed);
            Console.Error.WriteLine();
        }
    }

    /// <summary>For a new passphrase: asks until both answers are the same.</summary>
    public static char[] AskTwice(CancellationToken cancellation)
    {
        while (true)
        {
            char[] first = Ask("New passphrase for this folder:", cancellation);
            if (first.Length == 0)
            {
                Console.Error.WriteLine("An empty passphrase protects nothing.");
                continue;
            }

            char[] second = Ask("The same once more:", cancellation);
            bool same = first.AsSpan().SequenceEqual(second);
            Secrets.Zero(second);
            if (same) return first;
            Secrets.Zero(first);
            Console.Error.WriteLine("The two differ.");
        }
    }
}
