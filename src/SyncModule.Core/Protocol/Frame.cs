using System.Buffers;

namespace SyncModule.Core.Protocol;

/// <summary>A whole frame. The body of a DATA frame may stand in pooled memory: <see cref="Release"/> gives it back, once, when nobody reads it any more.</summary>
public readonly struct Frame(FrameType type, byte[] buffer, int length, ArrayPool<byte>? pool)
{
    public FrameType Type => type;

    public ReadOnlyMemory<byte> Body => buffer.AsMemory(0, length);

    /// <summary>Forgetting to call it costs memory traffic, nothing else.</summary>
    public void Release() => pool?.Return(buffer);
}
