using System.Runtime.InteropServices;
using System.Security;

namespace SyncModule.Commands.Vaults;

/// <summary>A body that reads secret characters; they are zeroed when it returns.</summary>
internal delegate T SecretReader<out T>(ReadOnlySpan<char> characters);

/// <summary>Between <see cref="SecureString"/> and characters, which are zeroed after use. Away from Windows a SecureString is not encrypted in memory.</summary>
internal static class SecureText
{
    public static T Use<T>(SecureString secret, SecretReader<T> body)
    {
        nint copy = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            unsafe
            {
                return body(new ReadOnlySpan<char>((void*)copy, secret.Length));
            }
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(copy);
        }
    }

    public static bool Same(SecureString left, SecureString right)
    {
        char[] copy = Use(left, characters => characters.ToArray());
        try
        {
            return Use(right, characters => characters.SequenceEqual(copy));
        }
        finally
        {
            Array.Clear(copy);
        }
    }

    public static SecureString FromPlain(ReadOnlySpan<char> text)
    {
        var secret = new SecureString();
        foreach (char c in text) secret.AppendChar(c);
        secret.MakeReadOnly();
        return secret;
    }
}
