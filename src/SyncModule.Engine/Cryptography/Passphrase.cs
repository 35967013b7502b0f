using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace SyncModule.Engine.Cryptography;

/// <summary>The bytes that a passphrase stands for: NFKC, then UTF-8 (format-1 §11), so that every keyboard types the same key.</summary>
internal static class Passphrase
{
    public const int MaxLength = 1024;

    // NFKC lengthens a character to at most 18; a char has at most 3 bytes of UTF-8.
    private const int MaxExpansion = 18;

    /// <summary>Derives the slot key; the intermediate copies are zeroed.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.UsageWrong"/> when it is empty, too long or no well-formed Unicode.</exception>
    public static SecretKey Derive(ReadOnlySpan<char> passphrase, Argon2Parameters parameters, ReadOnlySpan<byte> salt)
    {
        if (passphrase.Length is 0 or > MaxLength) throw SyncErrors.UsageWrong.With("A passphrase has 1 to 1,024 characters");
        var normal = new char[passphrase.Length * MaxExpansion];
        var utf8 = new byte[normal.Length * 3];
        try
        {
            int length = Normalize(passphrase, normal);
            int bytes = Encoding.UTF8.GetBytes(normal.AsSpan(0, length), utf8);
            return parameters.Derive(utf8.AsSpan(0, bytes), salt);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(normal.AsSpan()));
            CryptographicOperations.ZeroMemory(utf8);
        }
    }

    private static int Normalize(ReadOnlySpan<char> passphrase, Span<char> destination)
    {
        if (Ascii.IsValid(passphrase))
        {
            passphrase.CopyTo(destination);
            return passphrase.Length;
        }

        // A runtime without Unicode tables returns text unchanged: then the same passphrase would be another key on the next machine.
        if (!string.Equals("\ufb01".Normalize(NormalizationForm.FormKC), "fi", StringComparison.Ordinal))
            throw SyncErrors.UsageWrong.With("This runtime cannot normalise Unicode, so a passphrase must be ASCII here");
        try
        {
            if (passphrase.TryNormalize(destination, out int length, NormalizationForm.FormKC)) return length;
        }
        catch (ArgumentException e)
        {
            throw SyncErrors.UsageWrong.With("The passphrase is not well-formed Unicode", e);
        }

        throw SyncErrors.UsageWrong.With("The passphrase is too long");
    }
}
