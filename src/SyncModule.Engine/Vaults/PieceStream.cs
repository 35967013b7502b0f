using SyncModule.Engine.Files;

namespace SyncModule.Engine.Vaults;

/// <summary>Pieces of a value as a stream that is read once, from its beginning to its end.</summary>
internal sealed class PieceStream(IEnumerable<byte[]> pieces) : SequentialStream
{
    private readonly IEnumerator<byte[]> _pieces = pieces.GetEnumerator();
    private byte[] _piece = [];
    private int _used;

    public override int Read(Span<byte> buffer)
    {
        while (_used == _piece.Length)
        {
            if (!_pieces.MoveNext()) return 0;
            (_piece, _used) = (_pieces.Current, 0);
        }

        int count = Math.Min(buffer.Length, _piece.Length - _used);
        _piece.AsSpan(_used, count).CopyTo(buffer);
        _used += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _pieces.Dispose();
        base.Dispose(disposing);
    }
}
