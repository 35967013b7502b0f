using SyncModule.Core.Encoding;

namespace SyncModule.Core.Protocol;

/// <summary>
/// The receiver's side of WANT: what was asked for, what is being stored, and what this peer lacks. The three together are not
/// asked for again (<see cref="Exclude"/>).
/// </summary>
internal sealed class WantLedger
{
    private sealed class AskedFrame(int left)
    {
        public int Left { get; set; } = left;
    }

    private readonly Dictionary<ObjectAddress, AskedFrame> _asked = [];
    private readonly HashSet<ObjectAddress> _lacking = [];
    private readonly HashSet<ObjectAddress> _exclude = [];

    public IReadOnlySet<ObjectAddress> Exclude => _exclude;

    /// <summary>WANT frames that are not answered to the last address.</summary>
    public int OpenFrames { get; private set; }

    public int Outstanding => _asked.Count;

    public int Lacking => _lacking.Count;

    public void Ask(IReadOnlyList<ObjectAddress> addresses)
    {
        var frame = new AskedFrame(0);
        foreach (var address in addresses)
        {
            if (!_asked.TryAdd(address, frame)) continue;
            frame.Left++;
            _exclude.Add(address);
        }

        if (frame.Left > 0) OpenFrames++;
    }

    /// <summary>The object came, asked for or pushed.</summary>
    public void Arrived(ObjectAddress address)
    {
        Answer(address);
        _exclude.Add(address);
    }

    /// <summary>The peer does not have it.</summary>
    public void Missing(ObjectAddress address)
    {
        if (!Answer(address)) throw new VaultFormatException("An ACCEPT names an object that was not asked for.");
        _lacking.Add(address);
    }

    /// <summary>Stored or refused. What was refused is not asked of this peer again: it would send the same bytes.</summary>
    public void Settled(IEnumerable<ObjectAddress> batch, IReadOnlyCollection<ObjectAddress> stored)
    {
        var good = stored.ToHashSet();
        foreach (var address in batch)
        {
            if (_asked.ContainsKey(address)) continue;
            if (!good.Contains(address))
            {
                _lacking.Add(address);
                continue;
            }

            _lacking.Remove(address);
            _exclude.Remove(address);
        }
    }

    /// <summary>The peer has something new: it may have now what it lacked.</summary>
    public void ForgetLacking()
    {
        _exclude.ExceptWith(_lacking);
        _lacking.Clear();
    }

    private bool Answer(ObjectAddress address)
    {
        if (!_asked.Remove(address, out var frame)) return false;
        if (--frame.Left == 0) OpenFrames--;
        return true;
    }
}
