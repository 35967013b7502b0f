using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SyncModule.LargeRuns.Nonces;

/// <summary>
/// Every sealing as (H(key ‖ nonce), H(associated data ‖ plaintext)), 16 bytes of each: one pair of key and nonce may seal one content, as
/// often as it likes, and no other. Safe for several threads.
/// </summary>
internal sealed class SealingLog
{
    private const int MostViolations = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<UInt128, UInt128> _contents = [];

    public long Sealings { get; private set; }

    public long SameAgain { get; private set; }

    public int Pairs => _contents.Count;

    public List<string> Violations { get; } = [];

    public void Note(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, associatedData.Length);
        var pair = Hash(key, nonce, []);
        var content = Hash(length, associatedData, plaintext);
        lock (_gate)
        {
            Sealings++;
            if (_contents.TryAdd(pair, content)) return;
            if (_contents[pair] == content) SameAgain++;
            else if (Violations.Count < MostViolations) Violations.Add($"one key and nonce seal two contents; associated data begins with {Begin(associatedData)}");
        }
    }

    private static UInt128 Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(first);
        hash.AppendData(second);
        hash.AppendData(third);
        Span<byte> bytes = stackalloc byte[32];
        hash.GetHashAndReset(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    // Labels are text; what has none shows its bytes.
    private static string Begin(ReadOnlySpan<byte> bytes)
    {
        var begin = bytes[..Math.Min(bytes.Length, 20)];
        int end = begin.IndexOfAnyExceptInRange((byte)' ', (byte)'~');
        return end is < 0 or > 4 ? $"'{Encoding.ASCII.GetString(end < 0 ? begin : begin[..end])}'" : Convert.ToHexString(begin);
    }
}
