using SyncModule.Core.Protocol;
using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation.Network;

/// <summary>
/// One connection between two processes: a byte stream each way that keeps its order, is cut anywhere, and may be slow. What a
/// network does to single packets, transport and handshake turn into exactly this.
/// </summary>
internal sealed class Link
{
    private readonly World _world;
    private readonly LinkOptions _options;
    private long _bytes;

    private Link(World world, SimulatedProcess a, SimulatedProcess b, LinkOptions options, int number)
    {
        (_world, _options, Number) = (world, options, number);
        A = new(world, this, a, SessionRole.Initiator, new SessionOptions { SessionId = world.NextId(), Push = options.PushA, Pull = options.PullA, Follow = options.Follow });
        B = new(world, this, b, SessionRole.Responder, new SessionOptions { SessionId = world.NextId(), Follow = true });
    }

    public int Number { get; }

    public SessionEnd A { get; }

    public SessionEnd B { get; }

    public bool IsCut { get; private set; }

    public bool IsOver => A.Ended && B.Ended;

    /// <summary>Connects and starts both sessions; the handshake itself is over by then.</summary>
    public static Link Connect(World world, SimulatedProcess a, SimulatedProcess b, LinkOptions options, int number)
    {
        var link = new Link(world, a, b, options, number);
        world.Scheduler.Trace($"link {number}: {a.Machine.Name}/{a.Number} to {b.Machine.Name}/{b.Number}{(options.PushA ? "" : " pull")}{(options.PullA ? "" : " push")}{(options.Follow ? " follow" : "")}");
        ReadOnlyMemory<byte> early = options.Early ? link.A.MakeEarly(b.Machine.Device) : default;
        world.Scheduler.After(link.Delay(link.A), () => link.B.Start(a.Machine.Device, early));
        link.A.Start(b.Machine.Device, early);
        return link;
    }

    /// <summary>Bytes on their way to the other end, in order, in one chunk or more.</summary>
    public void Carry(SessionEnd from, ReadOnlyMemory<byte> bytes)
    {
        if (IsCut) return;
        var to = Other(from);
        while (bytes.Length > 0)
        {
            int take = (int)Math.Min(bytes.Length, _options.CutAfter - _bytes);
            if (take > 1 && _world.Random.OneIn(8)) take = 1 + _world.Random.Next(take);
            if (take > 0) Deliver(from, to, bytes[..take]);
            bytes = bytes[take..];
            _bytes += take;
            if (_bytes < _options.CutAfter) continue;
            Cut();
            return;
        }
    }

    /// <summary>The end closes behind what it has sent.</summary>
    public void CloseBehind(SessionEnd from)
    {
        var to = Other(from);
        _world.Scheduler.After(Delay(from), () => to.TransportClosed());
    }

    /// <summary>The line goes dead; what is under way arrives or not.</summary>
    public void Cut()
    {
        if (IsCut) return;
        IsCut = true;
        if (_options.SilentCut) return;
        foreach (var end in new[] { A, B }) _world.Scheduler.After(_world.Random.Next(1, 2_000), end.TransportClosed);
    }

    private void Deliver(SessionEnd from, SessionEnd to, ReadOnlyMemory<byte> chunk) => _world.Scheduler.After(Delay(from), () => to.Receive(chunk));

    // Later chunks never overtake earlier ones.
    private long Delay(SessionEnd from)
    {
        long delay = _world.Random.OneIn(40) ? _world.Random.Next(20 * _options.Latency) : _world.Random.Next(_options.Latency);
        from.LastArrival = Math.Max(from.LastArrival, _world.Scheduler.Now + delay);
        return from.LastArrival - _world.Scheduler.Now;
    }

    private SessionEnd Other(SessionEnd end) => end == A ? B : A;
}
