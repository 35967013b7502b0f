namespace SyncModule.Core.Protocol;

/// <summary>A whole frame. The body of a DATA frame may stand in lent memory: <see cref="Release"/> gives it back, once, when nobody reads it any more.</summary>
public readonly struct Frame(FrameType type, ReadOnlyMemory<byte> body, Action? release)
{
    public FrameType Type => type;

    public ReadOnlyMemory<byte> Body => body;

    /// <summary>Forgetting to call it costs memory, nothing else.</summary>
    public void Release() => release?.Invoke();
}
