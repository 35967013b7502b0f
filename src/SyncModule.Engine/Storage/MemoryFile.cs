namespace SyncModule.Engine.Storage;

/// <summary>An open file of a <see cref="MemoryProcess"/>.</summary>
internal sealed class MemoryFile(MemoryProcess process, MemoryInode inode, string path, bool writable) : IDiskFile
{
    private int _lossesSeen = inode.LostWriteBacks;
    private bool _poisoned;
    private bool _closed;

    public long Length
    {
        get
        {
            lock (process.Gate)
            {
                Enter("stat");
                return inode.Length;
            }
        }
    }

    public int Read(long offset, Span<byte> buffer)
    {
        lock (process.Gate)
        {
            Enter("read");
            return inode.Read(offset, buffer);
        }
    }

    public void WriteDirect(long offset, ReadOnlySpan<byte> bytes)
    {
        IDiskFile.CheckDirect(offset, bytes);
        Write(offset, bytes);
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        lock (process.Gate)
        {
            DiskFault? fault = EnterChange("write");
            if (fault is null)
            {
                inode.Write(offset, bytes);
                return;
            }

            int done = Math.Min(fault.BytesDone, bytes.Length);
            inode.Write(offset, bytes[..done]);
            if (fault.Meanwhile is not null)
            {
                fault.Meanwhile();
                process.ThrowIfDead();
                inode.Write(offset + done, bytes[done..]);
                return;
            }

            if (fault.Failure is null)
            {
                process.Kill();
                process.ThrowIfDead();
            }

            throw new DiskException(fault.Failure!.Value, "write", path, "injected");
        }
    }

    public void Sync()
    {
        lock (process.Gate)
        {
            ThrowIfPoisoned("sync");
            DiskFault? fault = Enter("sync");
            if (fault is not null) inode.LoseWriteBack();
            ThrowIfLost("sync", fault);
            inode.Sync();
        }
    }

    // What the disk has begun with may be lost in a power cut like everything else that is not synced.
    public void BeginSync(long offset, long length)
    {
        lock (process.Gate)
        {
            ThrowIfPoisoned("beginsync");
            if (Enter("beginsync") is not { } fault) return;
            inode.LoseWriteBack();
            ThrowIfLost("beginsync", fault);
        }
    }

    public void Preallocate(long length)
    {
        lock (process.Gate) EnterChange("preallocate");
    }

    public void SetLength(long length)
    {
        lock (process.Gate)
        {
            EnterChange("truncate");
            inode.SetLength(length);
        }
    }

    public void Dispose() => _closed = true;

    private DiskFault? EnterChange(string operation)
    {
        ThrowIfPoisoned(operation);
        DiskFault? fault = Enter(operation);
        if (!writable) throw new DiskException(DiskFailure.Denied, operation, path, "opened for reading");
        process.ThrowIfReadOnly(operation, path);
        return fault;
    }

    private DiskFault? Enter(string operation)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return process.Enter(operation, path);
    }

    private void ThrowIfLost(string operation, DiskFault? fault)
    {
        if (inode.LostWriteBacks == _lossesSeen) return;
        _lossesSeen = inode.LostWriteBacks;
        _poisoned = true;
        throw new DiskException(fault?.Failure ?? DiskFailure.Failed, operation, path, "injected");
    }

    private void ThrowIfPoisoned(string operation)
    {
        if (_poisoned) throw new DiskException(DiskFailure.Failed, operation, path, "an earlier sync of this file failed");
    }
}

/// <summary>A held lock; disposing it twice, or after its process died, does nothing.</summary>
internal sealed class MemoryLock : IDisposable
{
    private readonly MemoryProcess _process;
    private readonly MemoryInode _inode;
    private readonly bool _shared;
    private bool _released;

    public MemoryLock(MemoryProcess process, MemoryInode inode, bool shared)
    {
        (_process, _inode, _shared) = (process, inode, shared);
        if (shared) inode.SharedLocks++;
        else inode.ExclusivelyLocked = true;
    }

    public void Dispose()
    {
        lock (_process.Gate) Release();
    }

    /// <summary>Caller holds the gate.</summary>
    public void Release()
    {
        if (_released) return;
        _released = true;
        if (_shared) _inode.SharedLocks--;
        else _inode.ExclusivelyLocked = false;
        _process.Forget(this);
    }
}
