namespace SyncModule.Engine.Vaults;

/// <summary>Pieces of a value as a stream that is read once, from its beginning to its end.</summary>
internal sealed class PieceStream(IEnumerable<byte[]> pieces) : Stream
{
    private readonly IEnumerator<byte[]> _pieces = pieces.GetEnumerator();
    private byte[] _piece = [];
    private int _used;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

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

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _pieces.Dispose();
        base.Dispose(disposing);
    }
}
