namespace SyncModule.Engine.Storage;

/// <summary>Memory that serves the payloads of many groups of the log, one after the other.</summary>
internal sealed class GroupMemory
{
    private const int MostKept = 4 << 20;

    private byte[] _bytes = [];

    /// <summary>So many bytes; what the last call gave is worth nothing any more.</summary>
    public Memory<byte> Of(int length)
    {
        if (length > MostKept) return GC.AllocateUninitializedArray<byte>(length);
        if (_bytes.Length < length) _bytes = GC.AllocateUninitializedArray<byte>((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length));
        return _bytes.AsMemory(0, length);
    }
}
