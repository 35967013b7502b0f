using System.Security.Cryptography;
using System.Text;
using SyncModule.Daemon.CommandLine;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Profiles;

namespace SyncModule.Daemon.Unlocking;

/// <summary>Reads key files and passphrases from where a person or a script put them.</summary>
internal static class Secrets
{
    public const string KeyFileVariable = "SYNCMODULE_KEYFILE";
    public const string PassphraseVariable = "SYNCMODULE_PASSPHRASE";
    private const int MaxPassphraseFile = 16 * 1024;

    public static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    /// <summary>A key file; one that others can read is refused with the command that mends it.</summary>
    public static KeyFile ReadKeyFile(string path) => Mendable(path, () => KeyFile.ReadFrom(path));

    /// <summary>The same; one that is not there is made.</summary>
    public static KeyFile ReadOrMakeKeyFile(string path, out bool isNew)
    {
        bool made = false;
        var key = Mendable(path, () => KeyFile.ReadOrMake(path, SystemRandomSource.Instance, out made));
        isNew = made;
        return key;
    }

    /// <summary>A key file that shall open a folder must not lie in it.</summary>
    /// <exception cref="CommandFailure"><see cref="SyncErrors.UsageWrong"/>.</exception>
    public static void RefuseInside(string keyFile, string vaultFolder)
    {
        if (VaultFolder.Holds(vaultFolder, keyFile)) throw new CommandFailure(SyncErrors.UsageWrong, "The key file would lie in the vault's folder, where it protects nothing", "Give a path outside of it");
    }

    private static KeyFile Mendable(string path, Func<KeyFile> read)
    {
        try
        {
            return read();
        }
        catch (SyncException e) when (e.Kind == SyncErrors.KeyFileExposed)
        {
            throw new CommandFailure(e.Kind, e.Detail, $"Run: chmod 600 {ShellQuote(path)}, then try again");
        }
    }

    /// <summary>The characters of the file without one newline at its end. The caller zeroes them.</summary>
    public static char[] ReadPassphraseFile(string path)
    {
        var bytes = new byte[MaxPassphraseFile + 1];
        try
        {
            int length;
            using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0)) length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxPassphraseFile) throw SyncErrors.UsageWrong.With($"The passphrase file {path} is too long for a passphrase");
            if (length > 0 && bytes[length - 1] == '\n') length--;
            if (length > 0 && bytes[length - 1] == '\r') length--;
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetChars(bytes, 0, length);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw SyncErrors.FileNotFound.With($"There is no passphrase file {path}", e);
        }
        catch (DecoderFallbackException e)
        {
            throw SyncErrors.UsageWrong.With($"The passphrase file {path} is not UTF-8", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SyncErrors.FileUnreadable.With($"The passphrase file {path} could not be read", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    public static void Zero(char[] secret) => CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(secret.AsSpan()));

    private static string ShellQuote(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+' or '~') && path is not ['-', ..] ? path : "'" + path.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
