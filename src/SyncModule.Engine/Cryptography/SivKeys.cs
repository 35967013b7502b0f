namespace SyncModule.Engine.Cryptography;

/// <summary>
/// The two keys of the siv construction (format-1 §3): the first makes the siv out of everything that is encrypted and its
/// associated data, the second makes a single-use AEAD key out of the siv.
/// </summary>
public sealed class SivKeys : IDisposable
{
    internal SivKeys(SecretKey siv, SecretKey key)
    {
        Siv = siv;
        Key = key;
    }

    /// <summary>MAC key of the siv.</summary>
    public SecretKey Siv { get; }

    /// <summary>MAC key that turns a siv into an AEAD key.</summary>
    public SecretKey Key { get; }

    public void Dispose()
    {
        Siv.Dispose();
        Key.Dispose();
    }
}
