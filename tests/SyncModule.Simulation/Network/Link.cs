using SyncModule.Simulation.Machines;

namespace SyncModule.Simulation.Network;

/// <summary>One connection between two processes: a wire each way, cut anywhere, and both ends' sessions.</summary>
internal sealed class Link
{
    private readonly World _world;
    private readonly LinkOptions _options;
    private long _bytes;

    private Link(World world, SimulatedProcess a, SimulatedProcess b, LinkOptions options, int number)
    {
        (_world, _options, Number) = (world, options, number);
        Forward = new(world, this, options, forward: true);
        Backward = new(world, this, options, forward: false);
        (Forward.Back, Backward.Back) = (Backward, Forward);
        A = new(world, this, a, Backward, Forward, new(options.PushA, options.PullA, options.Follow), isInitiator: true, options.SlowSender);
        B = new(world, this, b, Forward, Backward, new(Push: true, Pull: true, Follow: true), isInitiator: false, options.SlowSender);
        (Forward.To, Backward.To) = (B, A);
    }

    public int Number { get; }

    public SessionEnd A { get; }

    public SessionEnd B { get; }

    /// <summary>From the initiator to the responder.</summary>
    public Wire Forward { get; }

    public Wire Backward { get; }

    public bool IsCut { get; private set; }

    public bool IsOver => A.Ended && B.Ended;

    public bool IsAltered => Forward.IsAltered || Backward.IsAltered;

    /// <summary>Connects; handshake and session follow by what the wires carry.</summary>
    public static Link Connect(World world, SimulatedProcess a, SimulatedProcess b, LinkOptions options, int number)
    {
        var link = new Link(world, a, b, options, number);
        world.Scheduler.Trace($"link {number}: {a.Machine.Name}/{a.Number} to {b.Machine.Name}/{b.Number}{(options.PushA ? "" : " pull")}{(options.PullA ? "" : " push")}{(options.Follow ? " follow" : "")}");
        link.B.Accept();
        link.A.Connect();
        return link;
    }

    /// <summary>How many of so many bytes the line still takes.</summary>
    public int Admit(int bytes) => IsCut ? 0 : (int)Math.Min(bytes, _options.CutAfter - _bytes);

    public void Carried(int bytes)
    {
        _bytes += bytes;
        if (_bytes >= _options.CutAfter) Cut();
    }

    /// <summary>The line goes dead; what is under way arrives or not.</summary>
    public void Cut()
    {
        if (IsCut) return;
        IsCut = true;
        if (!_options.SilentCut) Tell();
    }

    /// <summary>One end tears the connection down: the other one learns of it, unless the line is dead already.</summary>
    public void Abort()
    {
        if (IsCut) return;
        IsCut = true;
        Tell();
    }

    private void Tell()
    {
        foreach (var end in new[] { A, B }) _world.Scheduler.After(_world.Random.Next(1, 2_000), end.TransportClosed);
    }
}
