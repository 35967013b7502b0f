using System.Buffers.Binary;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Nodes;

/// <summary>Waits between attempts: full jitter over a range that doubles from 1 s to 60 s, so that many devices that lost one peer do not come back at once.</summary>
internal sealed class Backoff
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(60);

    private TimeSpan _range = First;

    public void Reset() => _range = First;

    public TimeSpan Next(IRandomSource random)
    {
        Span<byte> bytes = stackalloc byte[4];
        random.Fill(bytes);
        var wait = _range * (BinaryPrimitives.ReadUInt32BigEndian(bytes) / (double)uint.MaxValue);
        _range = _range * 2 < Most ? _range * 2 : Most;
        return wait;
    }
}
