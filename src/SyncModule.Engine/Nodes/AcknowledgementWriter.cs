using SyncModule.Core.Model;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Nodes;

/// <summary>
/// Remembers what a peer acknowledges while its session goes on, so that whoever asks how far the peer is (a wait, a status, another
/// process) sees a session that stays open for days. An acknowledgement comes with every change and each of these is a write, so they
/// are at most five a second; the last one is written in any case.
/// </summary>
internal sealed class AcknowledgementWriter : IDisposable
{
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Vault _vault;
    private readonly DeviceId _device;
    private readonly ITimer _timer;
    private readonly Lock _gate = new(); // the fields below
    private readonly Lock _writing = new(); // one write at a time, so that none overtakes a later one
    private VersionVector? _pending;
    private long? _written;
    private bool _armed;

    public AcknowledgementWriter(Vault vault, DeviceId device)
    {
        (_vault, _device) = (vault, device);
        _timer = vault.Time.CreateTimer(_ => WriteWhileOpen(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes the newest acknowledgement; never waits for the disk, because the session's thread calls it.</summary>
    /// <param name="held">Not changed by anybody afterwards.</param>
    public void Take(VersionVector held)
    {
        lock (_gate)
        {
            _pending = held;
            if (_armed) return;
            _armed = true;
            var wait = _written is { } last ? Interval - _vault.Time.GetElapsedTime(last) : TimeSpan.Zero;
            _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The end of the session: writes what is not written yet.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        Write();
    }

    private void WriteWhileOpen()
    {
        try
        {
            Write();
        }
        catch (Exception e) when (e is SyncException or ObjectDisposedException)
        {
            // A disk that is full, or a vault that is being closed: the session meets it by itself and says so; here it would end the process.
        }
    }

    private void Write()
    {
        lock (_writing)
        {
            VersionVector? held;
            lock (_gate)
            {
                (held, _pending, _armed) = (_pending, null, false);
                _written = _vault.Time.GetTimestamp();
            }

            if (held is null) return;
            try
            {
                PeerAcknowledgements.Remember(_vault, _device, held);
            }
            catch
            {
                lock (_gate) _pending ??= held; // for the next one, at the latest at the end of the session
                throw;
            }
        }
    }
}
