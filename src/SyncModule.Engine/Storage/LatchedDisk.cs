namespace SyncModule.Engine.Storage;

/// <summary>
/// A disk whose first failed flush closes a <see cref="FlushLatch"/>, and on which nothing more is written then. Cutting stays possible:
/// groups that were never acknowledged are taken off the log's end again (format-1 §12).
/// </summary>
internal sealed class LatchedDisk(IDisk disk, FlushLatch latch) : IDisk
{
    public string BootId => disk.BootId;

    public bool IsNetworkFileSystem => disk.IsNetworkFileSystem;

    public bool IsReadOnly => disk.IsReadOnly;

    public IDiskFile Open(string path, DiskOpen mode) => new LatchedFile(disk.Open(path, mode), path, latch);

    public bool Exists(string path) => disk.Exists(path);

    public long? TryGetLength(string path) => disk.TryGetLength(path);

    public IReadOnlyList<string> List(string folder) => disk.List(folder);

    public void CreateFolder(string path) => disk.CreateFolder(path);

    public void Rename(string from, string to) => disk.Rename(from, to);

    public void Delete(string path) => disk.Delete(path);

    public void SyncFolder(string path) => latch.Flush(() => disk.SyncFolder(path));

    public IDisposable? TryLock(string path, bool shared = false) => disk.TryLock(path, shared);

    public IDisposable Lock(string path, TimeSpan timeout, bool shared = false) => disk.Lock(path, timeout, shared);

    public string InstanceCookie(string path) => disk.InstanceCookie(path);

    private sealed class LatchedFile(IDiskFile file, string path, FlushLatch latch) : IDiskFile
    {
        public long Length => file.Length;

        public int Read(long offset, Span<byte> buffer) => file.Read(offset, buffer);

        public void Write(long offset, ReadOnlySpan<byte> bytes) => Write(offset, bytes, direct: false);

        public void WriteDirect(long offset, ReadOnlySpan<byte> bytes) => Write(offset, bytes, direct: true);

        public void Sync() => latch.Flush(file.Sync);

        public void BeginSync(long offset, long length)
        {
            try
            {
                file.BeginSync(offset, length);
            }
            catch (DiskException e)
            {
                latch.Close(e.ToSyncException());
                throw;
            }
        }

        public void Preallocate(long length) => file.Preallocate(length);

        public void SetLength(long length) => file.SetLength(length);

        public void Dispose() => file.Dispose();

        private void Write(long offset, ReadOnlySpan<byte> bytes, bool direct)
        {
            if (latch.Error is not null) throw new DiskException(DiskFailure.Failed, "write", path, "an earlier flush of this process failed");
            try
            {
                if (direct) file.WriteDirect(offset, bytes);
                else file.Write(offset, bytes);
            }
            catch (DiskException e) when (e.Failure is not DiskFailure.Full)
            {
                latch.Close(e.ToSyncException());
                throw;
            }
        }
    }
}
