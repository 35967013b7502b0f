using SyncModule.Core.Protocol;
using SyncModule.Engine.Cryptography;

namespace SyncModule.Engine.Tests.Specifications;

/// <summary>An invite's text and the frames of joining (§8).</summary>
internal static class InviteVectors
{
    public static VectorFile Make()
    {
        using var examples = new Examples();
        var invite = new Invite(new(Fixed.Counting(0xe0, 16)), Fixed.Vault, examples.Keys.Device.Device, ["192.0.2.1:22020", "[2001:db8::1]:22020"], [], Fixed.Now + 600_000);
        string text = InviteText.Format(invite);
        Assert.Equal(invite.Addresses, InviteText.Parse(text).Addresses);
        using var epoch = Fixed.Epoch();
        var grant = new GrantMessage(examples.Genesis.Commit.Id, [Examples.Bundle(examples.Genesis), Examples.Bundle(examples.Add)], [new(epoch.EpochId, new(Fixed.EpochSecret))], "desk", ["192.0.2.1:22020"]);
        Assert.Equal(2, GrantMessage.Decode(grant.Encode()).Membership.Count);
        return new VectorFile(ProtocolVectors.Page, "invite.json", "the founder of identity.json invites its joiner; the handshake is the invite of noise.json")
            .Case("invite", ("secret", invite.Secret), ("vaultId", invite.VaultId), ("inviter", invite.Inviter), ("addressesText", invite.Addresses), ("expiresMs", invite.ExpiresMilliseconds), ("inviteText", text))
            .Case("JOIN", ("frame", FrameVectors.Frame(FrameType.Join, new JoinMessage("laptop", examples.AddOperation.Certificate.Encode()).Encode())))
            .Case("GRANT", ("frame", FrameVectors.Frame(FrameType.Grant, grant.Encode())))
            .Case("COMPLETE", ("frame", FrameVectors.Frame(FrameType.Complete, new CompleteMessage(CompleteReason.Satisfied, 0, 0, 0).Encode())));
    }
}
