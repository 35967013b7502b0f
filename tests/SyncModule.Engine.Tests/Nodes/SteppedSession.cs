using SyncModule.Core.Model;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Nodes;

/// <summary>One frame that crossed a session, with its head.</summary>
internal sealed record CrossedFrame(bool FromInitiator, byte[] Bytes);

/// <summary>A whole member session between two open vaults on one thread, without a channel: what would be sealed is handed over as it is.</summary>
internal static class SteppedSession
{
    public static (SessionOutcome Initiator, SessionOutcome Responder, IReadOnlyList<CrossedFrame> Frames) Run(Vault initiator, Vault responder, Id32 initiatorId, Id32 responderId)
    {
        var frames = new List<CrossedFrame>();
        var epoch = initiator.Membership.CurrentEpoch!.Value;
        var first = new SyncSession(new SessionReplica(initiator), SessionRole.Initiator, new() { SessionId = initiatorId });
        var early = first.InitiatorEarly(responder.Device, epoch);
        Note(frames, true, early.Span);
        using var firstStore = new VaultSessionStore(initiator, null, () => null);
        using var secondStore = new VaultSessionStore(responder, null, () => null);
        var one = new SessionStepper(first, firstStore);
        var other = new SessionStepper(new SyncSession(new SessionReplica(responder), SessionRole.Responder, new() { SessionId = responderId }), secondStore);
        one.Start(0, responder.Device, epoch, early);
        other.Start(0, initiator.Device, epoch, early);
        for (int quiet = 0; quiet < 2;)
        {
            byte[] there = one.TakeOutput(0);
            Note(frames, true, there);
            other.Receive(0, there);
            byte[] back = other.TakeOutput(0);
            Note(frames, false, back);
            one.Receive(0, back);
            quiet = there.Length + back.Length == 0 ? quiet + 1 : 0;
        }

        Assert.True(one.Ended && other.Ended);
        return (one.Outcome(), other.Outcome(), frames);
    }

    private static void Note(List<CrossedFrame> frames, bool fromInitiator, ReadOnlySpan<byte> bytes)
    {
        var reader = new FrameReader();
        while (reader.TryRead(ref bytes, out var frame))
        {
            var writer = new FrameWriter();
            writer.Write(frame.Type, frame.Body.Span);
            frames.Add(new(fromInitiator, writer.Detach().ToArray()));
        }

        Assert.False(reader.InFrame);
    }
}
