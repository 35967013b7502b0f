using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SyncModule.Engine.Storage;

/// <summary>An open file on Windows, flushed by FlushFileBuffers itself. NOT RUN: see <see cref="WindowsDisk"/>.</summary>
internal sealed partial class WindowsFile(SafeFileHandle handle, string path) : IDiskFile
{
    private volatile bool _poisoned;

    public long Length => WindowsDisk.Guard("length", path, () => RandomAccess.GetLength(handle));

    public int Read(long offset, Span<byte> buffer)
    {
        int done = 0;
        try
        {
            while (done < buffer.Length)
            {
                int count = RandomAccess.Read(handle, buffer[done..], offset + done);
                if (count == 0) break;
                done += count;
            }
        }
        catch (IOException e)
        {
            throw new DiskException(WindowsDisk.Classify(e.HResult & 0xFFFF), "read", path, e.Message, e);
        }

        return done;
    }

    // FILE_FLAG_NO_BUFFERING belongs to an open of its own; the cache serves until somebody has measured that.
    public void WriteDirect(long offset, ReadOnlySpan<byte> bytes)
    {
        IDiskFile.CheckDirect(offset, bytes);
        Write(offset, bytes);
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        ThrowIfPoisoned("write");
        try
        {
            RandomAccess.Write(handle, bytes, offset);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new DiskException(DiskFailure.Denied, "write", path, e.Message, e);
        }
        catch (IOException e)
        {
            throw new DiskException(WindowsDisk.Classify(e.HResult & 0xFFFF), "write", path, e.Message, e);
        }
    }

    public void Sync()
    {
        ThrowIfPoisoned("flush");
        if (FlushFileBuffers(handle)) return;
        int error = Marshal.GetLastPInvokeError();
        _poisoned = true;
        throw new DiskException(WindowsDisk.Classify(error), "flush", path, Marshal.GetPInvokeErrorMessage(error));
    }

    public void BeginSync(long offset, long length) => ThrowIfPoisoned("flush");

    // NTFS has no reservation behind the end of a file that an ordinary user may make.
    public void Preallocate(long length) => ThrowIfPoisoned("preallocate");

    public void SetLength(long length)
    {
        ThrowIfPoisoned("truncate");
        WindowsDisk.Guard("truncate", path, () =>
        {
            RandomAccess.SetLength(handle, length);
            return 0;
        });
    }

    public void Dispose() => handle.Dispose();

    private void ThrowIfPoisoned(string operation)
    {
        if (_poisoned) throw new DiskException(DiskFailure.Failed, operation, path, "an earlier sync of this file failed");
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FlushFileBuffers(SafeFileHandle file);
}
