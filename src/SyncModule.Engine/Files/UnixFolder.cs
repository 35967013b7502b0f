using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SyncModule.Engine.Storage;

namespace SyncModule.Engine.Files;

/// <summary>A folder on Linux or macOS, held by its descriptor.</summary>
internal sealed class UnixFolder : FolderHandle
{
    private const int PrivateFile = 0x180; // 0600

    private readonly SafeFileHandle _handle;

    private UnixFolder(SafeFileHandle handle, string path)
        : base(path) => _handle = handle;

    public static UnixFolder OpenPath(string path)
    {
        int descriptor = Libc.Open(path, Libc.ReadOnlyFlags | FolderCalls.FolderOnly, 0);
        return descriptor >= 0 ? new(new SafeFileHandle(descriptor, ownsHandle: true), path) : throw Libc.Failure("open", path);
    }

    public override IReadOnlyList<FolderEntry> List() => FolderCalls.List(_handle);

    public override FileFacts? TryStat(string name) => FolderCalls.TryStat(_handle, Single(name));

    public override FolderHandle OpenFolder(string name) =>
        new UnixFolder(FolderCalls.Open(_handle, Single(name), Libc.ReadOnlyFlags | FolderCalls.FolderOnly | FolderCalls.NoFollow), Path.Length == 1 ? "/" + name : Path + "/" + name);

    public override void MakeFolder(string name) => FolderCalls.MakeFolder(_handle, Single(name));

    public override FileReader OpenFile(string name) =>
        new Reader(FolderCalls.Open(_handle, Single(name), Libc.ReadOnlyFlags | FolderCalls.NoFollow | FolderCalls.NonBlocking), name);

    public override int ReadOnce(string name, Span<byte> buffer, out FileFacts facts) => FolderCalls.ReadOnce(_handle, Single(name), buffer, out facts);

    public override FileWriter CreateFile(string name) =>
        new Writer(FolderCalls.Open(_handle, Single(name), Libc.ReadWriteFlags | Libc.CreateFlag | Libc.ExclusiveFlag | FolderCalls.NoFollow, PrivateFile), name);

    public override string? ReadLink(string name) => FolderCalls.ReadLink(_handle, Single(name));

    public override void MakeLink(string name, string target, bool isFolder) => FolderCalls.MakeLink(_handle, Single(name), target);

    public override void SetTime(string name, long modified) => FolderCalls.SetTime(_handle, Single(name), modified);

    public override void SetMode(int mode) => FolderCalls.SetMode(_handle, mode, "");

    public override void Rename(string from, string to) => FolderCalls.Rename(_handle, Single(from), Single(to));

    public override void RemoveFile(string name) => FolderCalls.Remove(_handle, Single(name), isFolder: false);

    public override void RemoveFolder(string name) => FolderCalls.Remove(_handle, Single(name), isFolder: true);

    public override void SyncAll() => FolderCalls.SyncFileSystem(_handle);

    public override void Dispose() => _handle.Dispose();

    // The last line of defence: whatever callers have checked, a path never reaches the system.
    private static string Single(string name) =>
        name.Length > 0 && name is not ("." or "..") && name.AsSpan().IndexOfAny('/', '\0') < 0 ? name : throw new ArgumentException("Not the name of an entry.", nameof(name));

    private sealed class Reader(SafeFileHandle handle, string name) : FileReader
    {
        private long _offset;

        public override FileFacts Stat() => FolderCalls.TryStat(handle, "") ?? throw new DiskException(DiskFailure.NotFound, "stat", name, "the file is gone");

        public override unsafe int Read(Span<byte> buffer)
        {
            fixed (byte* start = buffer)
            {
                while (true)
                {
                    nint count = Libc.Pread(handle, start, buffer.Length, _offset);
                    if (count >= 0)
                    {
                        _offset += count;
                        return (int)count;
                    }

                    if (Marshal.GetLastPInvokeError() != Libc.Interrupted) throw Libc.Failure("read", name);
                }
            }
        }

        public override void Dispose() => handle.Dispose();
    }

    private sealed class Writer(SafeFileHandle handle, string name) : FileWriter
    {
        private readonly UnixFile _file = new(handle, name);
        private long _offset;

        public override void Write(ReadOnlySpan<byte> bytes)
        {
            _file.Write(_offset, bytes);
            _offset += bytes.Length;
        }

        public override void Finish(int? mode, long? modified)
        {
            if (mode is { } bits) FolderCalls.SetMode(handle, bits, name);
            if (modified is { } time) FolderCalls.SetTime(handle, "", time);
        }

        public override void Dispose() => handle.Dispose();
    }
}
