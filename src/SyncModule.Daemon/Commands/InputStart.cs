namespace SyncModule.Daemon.Commands;

/// <summary>The beginning of an input that has to be looked at whole, whatever comes: memory is bounded.</summary>
internal static class InputStart
{
    /// <returns>At most <paramref name="most"/> bytes and a piece more; whether that is all of it.</returns>
    public static (byte[] Bytes, bool IsWhole) Read(Stream source, int most)
    {
        using var buffer = new MemoryStream();
        var piece = new byte[64 << 10];
        while (buffer.Length <= most)
        {
            int read = source.Read(piece);
            if (read == 0) return (buffer.ToArray(), true);
            buffer.Write(piece, 0, read);
        }

        return (buffer.ToArray(), false);
    }
}
