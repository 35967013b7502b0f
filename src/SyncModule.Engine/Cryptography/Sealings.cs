using System.Diagnostics;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// Tells a test of every sealing under a symmetric key. A build with the msbuild property Sealings=true only: in any other the compiler leaves
/// out each call, and nothing can be attached (tests/large.sh nonces).
/// </summary>
internal static class Sealings
{
    private const string Symbol = "SEALINGS";

#if SEALINGS
    /// <summary>Key, nonce, associated data, plaintext. Any thread.</summary>
    public delegate void Observer(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext);

    /// <summary>Who is told; null: nobody.</summary>
    public static Observer? Observed { get; set; }
#endif

    /// <summary>Called before the plaintext may be overwritten.</summary>
    [Conditional(Symbol)]
    public static void Note(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext)
    {
#if SEALINGS
        Observed?.Invoke(key, nonce, associatedData, plaintext);
#endif
    }
}
