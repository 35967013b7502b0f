namespace SyncModule.Engine.Transport;

/// <summary>What a simulated link does wrong in one direction. May be changed while the connection is in use.</summary>
public sealed class MemoryFaults
{
    private readonly Lock _gate = new();
    private Action? _changed;
    private bool _stalled;

    /// <summary>After this many bytes written in this direction the whole connection is reset; the bytes before the cut may still be read. Null: never.</summary>
    public long? CutAfterBytes { get; init; }

    /// <summary>The slow reader: no read returns more than this. Null: no limit.</summary>
    public int? MaxBytesPerRead { get; init; }

    /// <summary>While true nothing is delivered: writes fill the buffer and then wait, as on a link that swallows packets.</summary>
    public bool Stalled
    {
        get
        {
            lock (_gate) return _stalled;
        }

        set
        {
            Action? changed;
            lock (_gate)
            {
                _stalled = value;
                changed = _changed;
            }

            changed?.Invoke();
        }
    }

    internal void Watch(Action changed)
    {
        lock (_gate) _changed += changed;
    }
}

/// <summary>One direction of an in-process connection: a ring buffer that blocks the writer when it is full.</summary>
internal sealed class MemoryPipe
{
    private readonly object _gate = new();
    private readonly byte[] _ring;
    private readonly MemoryFaults _faults;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _start, _count;
    private long _total;
    private bool _ended, _reset;

    internal MemoryPipe(int capacity, MemoryFaults faults)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _ring = new byte[capacity];
        _faults = faults;
        faults.Watch(Changed);
    }

    /// <summary>Raised outside of any lock when the fault cut the connection.</summary>
    internal Action? Cut { get; set; }

    /// <summary>Bytes taken, 0 at the end, or -1 when the reader has to wait for <paramref name="wait"/>. Throws when reset.</summary>
    internal int TryRead(Span<byte> buffer, PeerAddress remote, out Task wait)
    {
        int taken;
        lock (_gate)
        {
            wait = _changed.Task;
            bool stalled = _faults.Stalled;
            if (_count == 0 || stalled)
            {
                // What was delivered before a reset is still read, as from a socket's buffer when the cut came from the link.
                if (_reset) throw SyncErrors.SessionLost.With($"The connection with {remote} was reset");
                return _ended && !stalled ? 0 : -1;
            }

            taken = Math.Min(buffer.Length, Math.Min(_count, _faults.MaxBytesPerRead ?? int.MaxValue));
            int first = Math.Min(taken, _ring.Length - _start);
            _ring.AsSpan(_start, first).CopyTo(buffer);
            _ring.AsSpan(0, taken - first).CopyTo(buffer[first..]);
            _start = (_start + taken) % _ring.Length;
            _count -= taken;
        }

        Changed();
        return taken;
    }

    /// <summary>Bytes accepted (≥ 0; 0 = full: wait for <paramref name="wait"/>). Throws when reset or ended.</summary>
    internal int TryWrite(ReadOnlySpan<byte> bytes, PeerAddress remote, out Task wait)
    {
        int accepted;
        bool cut = false;
        lock (_gate)
        {
            wait = _changed.Task;
            if (_reset || _ended) throw SyncErrors.SessionLost.With($"The connection with {remote} was reset");
            accepted = Math.Min(bytes.Length, _ring.Length - _count);
            if (_faults.CutAfterBytes is { } limit && _total + accepted >= limit)
            {
                accepted = (int)Math.Max(0, limit - _total);
                cut = true;
            }

            int end = (_start + _count) % _ring.Length;
            int first = Math.Min(accepted, _ring.Length - end);
            bytes[..first].CopyTo(_ring.AsSpan(end));
            bytes[first..accepted].CopyTo(_ring);
            _count += accepted;
            _total += accepted;
        }

        if (accepted > 0) Changed();
        if (!cut) return accepted;
        Cut?.Invoke();
        throw SyncErrors.SessionLost.With($"The connection with {remote} was cut");
    }

    internal void End()
    {
        lock (_gate) _ended = true;
        Changed();
    }

    /// <summary>Both ends fail from now on; what lies in the buffer goes too when <paramref name="discard"/>.</summary>
    internal void Reset(bool discard)
    {
        lock (_gate)
        {
            _reset = true;
            if (discard) _count = 0;
        }

        Changed();
    }

    private void Changed()
    {
        TaskCompletionSource before;
        lock (_gate)
        {
            before = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.TrySetResult();
    }
}
