using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SyncModule.Engine.Storage;

/// <summary>An open file on Linux or macOS: pread and pwrite to the last byte, and syncs whose failure is final.</summary>
internal sealed class UnixFile(SafeFileHandle handle, string path) : IDiskFile
{
    private const int KeepSize = 1; // FALLOC_FL_KEEP_SIZE
    private const int SeekEnd = 2;
    private const uint RangeWrite = 2; // SYNC_FILE_RANGE_WRITE

    private volatile bool _poisoned;
    private SafeFileHandle? _direct; // the same file, opened with O_DIRECT
    private bool _directRefused, _beginRefused;

    /// <summary>An errno with which the next direct write fails: for tests, as no file system at hand refuses them when they are made.</summary>
    internal int DirectErrno { get; set; }

    public long Length
    {
        get
        {
            // Nobody uses the descriptor's position, so moving it is free.
            long length = Libc.Lseek(handle, 0, SeekEnd);
            return length >= 0 ? length : throw Libc.Failure("lseek", path);
        }
    }

    public unsafe int Read(long offset, Span<byte> buffer)
    {
        int done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                nint count = Libc.Pread(handle, start + done, buffer.Length - done, offset + done);
                if (count == 0) break;
                if (count > 0) done += (int)count;
                else if (Marshal.GetLastPInvokeError() != Libc.Interrupted) throw Libc.Failure("pread", path);
            }
        }

        return done;
    }

    public unsafe void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        ThrowIfPoisoned("pwrite");
        int done = 0;
        fixed (byte* start = bytes)
        {
            while (done < bytes.Length)
            {
                nint count = Libc.Pwrite(handle, start + done, bytes.Length - done, offset + done);
                if (count > 0) done += (int)count;
                else if (count == 0) throw new DiskException(DiskFailure.Failed, "pwrite", path, "nothing was written");
                else if (Marshal.GetLastPInvokeError() != Libc.Interrupted) throw Libc.Failure("pwrite", path);
            }
        }
    }

    public unsafe void WriteDirect(long offset, ReadOnlySpan<byte> bytes)
    {
        IDiskFile.CheckDirect(offset, bytes);
        ThrowIfPoisoned("pwrite");
        int done = 0;
        if (!_directRefused && (_direct ??= OpenDirect()) is { } direct)
        {
            fixed (byte* start = bytes)
            {
                while (done < bytes.Length && done % IDiskFile.DirectAlignment == 0)
                {
                    nint count = DirectErrno == 0 ? Libc.Pwrite(direct, start + done, bytes.Length - done, offset + done) : FailDirect();
                    if (count > 0) done += (int)count;
                    else if (count < 0 && Marshal.GetLastPInvokeError() == Libc.Interrupted) continue;
                    else if (count < 0 && !Libc.Unsupported) throw Libc.Failure("pwrite", path);
                    else
                    {
                        // EINVAL: this file system opens files so and then does not write so.
                        _directRefused = true;
                        break;
                    }
                }
            }
        }

        if (done < bytes.Length) Write(offset + done, bytes[done..]);
    }

    public void Sync()
    {
        ThrowIfPoisoned("fdatasync");
        while (Libc.SyncData(handle) != 0)
        {
            if (Marshal.GetLastPInvokeError() == Libc.Interrupted) continue;
            DiskException error = Libc.Failure("fdatasync", path);
            _poisoned = true;
            throw error;
        }
    }

    public void BeginSync(long offset, long length)
    {
        ThrowIfPoisoned("sync_file_range");
        if (_beginRefused || !OperatingSystem.IsLinux()) return;
        while (Libc.SyncFileRange(handle, offset, length, RangeWrite) != 0)
        {
            if (Marshal.GetLastPInvokeError() == Libc.Interrupted) continue;
            _beginRefused = Libc.Unsupported;
            if (_beginRefused) return;
            DiskException error = Libc.Failure("sync_file_range", path);
            _poisoned = true; // a page that was given up here need not be reported to the sync
            throw error;
        }
    }

    public void Preallocate(long length)
    {
        ThrowIfPoisoned("fallocate");
        if (!OperatingSystem.IsLinux()) return;
        long from = Length;
        if (length <= from) return;
        while (Libc.Fallocate(handle, KeepSize, from, length - from) != 0)
        {
            if (Marshal.GetLastPInvokeError() == Libc.Interrupted) continue;
            if (Libc.Unsupported) return;
            throw Libc.Failure("fallocate", path);
        }
    }

    public void SetLength(long length)
    {
        ThrowIfPoisoned("ftruncate");
        while (Libc.Ftruncate(handle, length) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted) throw Libc.Failure("ftruncate", path);
        }
    }

    public void Dispose()
    {
        _direct?.Dispose();
        handle.Dispose();
    }

    private nint FailDirect()
    {
        Marshal.SetLastPInvokeError(DirectErrno);
        DirectErrno = 0;
        return -1;
    }

    // A second descriptor of the same file: small writes go on through the first, and its sync covers both (fdatasync is of the file).
    private SafeFileHandle? OpenDirect()
    {
        if (OperatingSystem.IsLinux())
        {
            int descriptor = Libc.Open(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{handle.DangerousGetHandle()}"), Libc.ReadWriteFlags | Libc.DirectFlag, 0);
            if (descriptor >= 0) return new(descriptor, ownsHandle: true);
        }

        _directRefused = true;
        return null;
    }

    private void ThrowIfPoisoned(string operation)
    {
        if (_poisoned) throw new DiskException(DiskFailure.Failed, operation, path, "an earlier sync of this file failed");
    }
}
