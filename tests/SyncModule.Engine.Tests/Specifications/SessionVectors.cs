using System.Security.Cryptography;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Nodes;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Simulation;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>
/// Whole sessions (§4), frame by frame as they stand inside the Noise messages: a first one in which each side has something, one in which
/// nothing is left to do, and one between devices that know different members.
/// </summary>
internal static class SessionVectors
{
    public static VectorFile Make()
    {
        var file = new VectorFile(ProtocolVectors.Page, "session.json", "i: from the initiator, r: from the responder; frames whole, in the order in which they were taken over");
        using var desk = SeededVault.Found("desk", new SeededRandom(1), new StandingTime(Fixed.Now));
        using var laptop = desk.Join("laptop", new SeededRandom(2));
        using var tablet = desk.Join("tablet", new SeededRandom(3));
        desk.Vault.Put("note", "from the desk");
        desk.Vault.Put("items", "file", new MemoryStream(Incompressible(5_000)));
        laptop.Time.Milliseconds++;
        laptop.Vault.Put("note", "from the laptop");
        file.Case("the vault", ("vaultId", desk.Vault.Id), ("es", SecretKeyBytes.Of(desk.Vault.Keys.Epochs.Values.Single().Secret)), ("desk", desk.Vault.Device), ("laptop", laptop.Vault.Device), ("tablet", tablet.Vault.Device));
        Add(file, "laptop does not know the tablet yet: phase M, then both ways", laptop, desk, 1, SessionResult.Synced);
        Assert.Equal(laptop.Vault.Digest(), desk.Vault.Digest());
        Add(file, "again: nothing to do", laptop, desk, 3, SessionResult.UpToDate);
        desk.Vault.Put("note", "decided");
        Add(file, "equal members: the commit comes in the responder's first flight", laptop, desk, 5, SessionResult.Synced);
        Assert.Equal("decided", laptop.Vault.GetText("note"));
        return file;
    }

    private static void Add(VectorFile file, string name, SeededVault initiator, SeededVault responder, int id, SessionResult expected)
    {
        var (one, other, frames) = SteppedSession.Run(initiator.Vault, responder.Vault, new(Fixed.Counting(id)), new(Fixed.Counting(id + 1)));
        Assert.Equal((expected, expected), (one.Result, other.Result));
        file.Case(name,
            ("framesText", frames.Select(f => (f.FromInitiator ? "i " : "r ") + Convert.ToHexStringLower(f.Bytes))),
            ("typesText", string.Join(' ', frames.Select(f => (f.FromInitiator ? "i:" : "r:") + ((FrameType)f.Bytes[0]).ToString().ToUpperInvariant()))));
    }

    private static byte[] Incompressible(int length) => [.. Enumerable.Range(0, (length / 32) + 1).SelectMany(i => SHA256.HashData([(byte)i, (byte)(i >> 8)])).Take(length)];
}
