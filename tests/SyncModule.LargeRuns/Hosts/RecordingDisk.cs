using SyncModule.Engine.Storage;

namespace SyncModule.LargeRuns.Hosts;

/// <summary>A disk that shows all writes to the commit log, and all flushes that fail, to <see cref="SignedCommits"/>.</summary>
internal sealed class RecordingDisk(IDisk inner, SignedCommits signed) : IDisk
{
    public string BootId => inner.BootId;

    public bool IsNetworkFileSystem => inner.IsNetworkFileSystem;

    public bool IsReadOnly => inner.IsReadOnly;

    public IDiskFile Open(string path, DiskOpen mode)
    {
        bool segment = path.StartsWith("log/", StringComparison.Ordinal) && path.EndsWith(".log", StringComparison.Ordinal);
        return new RecordingFile(inner.Open(path, mode), segment, signed);
    }

    public bool Exists(string path) => inner.Exists(path);

    public long? TryGetLength(string path) => inner.TryGetLength(path);

    public IReadOnlyList<string> List(string folder) => inner.List(folder);

    public void CreateFolder(string path) => inner.CreateFolder(path);

    public void Rename(string from, string to) => inner.Rename(from, to);

    public void Delete(string path) => inner.Delete(path);

    public void SyncFolder(string path)
    {
        try
        {
            inner.SyncFolder(path);
        }
        catch (DiskException)
        {
            signed.FlushFailed();
            throw;
        }
    }

    public IDisposable? TryLock(string path, bool shared = false) => inner.TryLock(path, shared);

    public IDisposable Lock(string path, TimeSpan timeout, bool shared = false) => inner.Lock(path, timeout, shared);

    public string InstanceCookie(string path) => inner.InstanceCookie(path);

    private sealed class RecordingFile(IDiskFile inner, bool segment, SignedCommits signed) : IDiskFile
    {
        public long Length => inner.Length;

        public int Read(long offset, Span<byte> buffer) => inner.Read(offset, buffer);

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            if (segment) signed.Writing(bytes);
            inner.Write(offset, bytes);
            if (segment) signed.Written(bytes);
        }

        public void WriteDirect(long offset, ReadOnlySpan<byte> bytes)
        {
            if (segment) signed.Writing(bytes);
            inner.WriteDirect(offset, bytes);
            if (segment) signed.Written(bytes);
        }

        public void Sync()
        {
            try
            {
                inner.Sync();
                if (segment) signed.Flushed();
            }
            catch (DiskException)
            {
                signed.FlushFailed();
                throw;
            }
        }

        public void BeginSync(long offset, long length)
        {
            try
            {
                inner.BeginSync(offset, length);
            }
            catch (DiskException)
            {
                signed.FlushFailed();
                throw;
            }
        }

        public void Preallocate(long length) => inner.Preallocate(length);

        public void SetLength(long length) => inner.SetLength(length);

        public void Dispose() => inner.Dispose();
    }
}
