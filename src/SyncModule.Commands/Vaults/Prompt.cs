using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace SyncModule.Commands.Vaults;

/// <summary>
/// Asks a person, where there is one. Tested before it is tried: with standard input at its end PowerShell's own question ends the whole
/// process without a word, and a scheduled job then looks like a success.
/// </summary>
internal static class Prompt
{
    private static readonly bool NonInteractive = Environment.GetCommandLineArgs().Skip(1).Any(a => a.Length > 3 && "-NonInteractive".StartsWith(a, StringComparison.OrdinalIgnoreCase));

    public static bool IsPossible => !NonInteractive && !Console.IsInputRedirected && Environment.UserInteractive;

    /// <summary>What was typed, hidden.</summary>
    /// <param name="cmdlet">Whose host asks.</param>
    /// <param name="question">Without a mark at its end.</param>
    /// <param name="step">What to type where nobody can be asked and the vault need not be unlocked; null = unlock it.</param>
    /// <exception cref="SyncException"><see cref="SyncErrors.VaultLocked"/>: nobody can be asked.</exception>
    public static SecureString Hidden(PSCmdlet cmdlet, string question, string? step = null)
    {
        if (!IsPossible) throw CannotAsk(question, step, null);
        try
        {
            cmdlet.Host.UI.Write($"{question}: ");
            return cmdlet.Host.UI.ReadLineAsSecureString();
        }
        catch (Exception e) when (e is HostException or PSInvalidOperationException or NotImplementedException or PSNotImplementedException)
        {
            throw CannotAsk(question, step, e);
        }
    }

    /// <summary>Asks for a new passphrase until both answers are the same and not empty, and says how strong it is while another can still be chosen.</summary>
    public static SecureString HiddenTwice(PSCmdlet cmdlet, string question)
    {
        while (true)
        {
            var first = Hidden(cmdlet, question, "Give it on the line instead: -Passphrase takes a secure string.");
            if (first.Length == 0)
            {
                cmdlet.Host.UI.WriteLine("An empty passphrase protects nothing.");
                first.Dispose();
                continue;
            }

            cmdlet.Host.UI.WriteLine(SecureText.Use(first, PassphraseStrength.Describe));
            using var second = Hidden(cmdlet, "The same once more (nothing = another one)");
            if (SecureText.Same(first, second)) return first;
            if (second.Length > 0) cmdlet.Host.UI.WriteLine("The two differ.");
            first.Dispose();
        }
    }

    private static SyncException CannotAsk(string question, string? step, Exception? inner)
    {
        string detail = $"Nobody can be asked here for: {question}";
        return step is null ? SyncErrors.VaultLocked.With(detail, inner) : SyncErrors.VaultLocked.WithStep(detail, step, inner);
    }
}
