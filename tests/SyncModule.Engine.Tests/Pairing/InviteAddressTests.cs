using System.Net;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Pairing;

/// <summary>Which addresses an invite names.</summary>
public class InviteAddressTests
{
    [Fact]
    public void A_machine_with_more_addresses_than_an_invite_takes_can_invite()
    {
        var own = Enumerable.Range(1, 40).Select(i => IPAddress.Parse($"10.0.0.{i}")).Prepend(IPAddress.Loopback).ToList();
        string[] addresses = PairingOperations.Addresses(PeerAddress.Parse("0.0.0.0:4711"), own);
        Assert.Equal(InviteText.MaxAddresses, addresses.Length);
        Assert.DoesNotContain("127.0.0.1:4711", addresses);
        var invite = new Invite(default, default, default, addresses, [], 1);
        Assert.Equal(addresses, InviteText.Parse(InviteText.Format(invite)).Addresses);
    }

    [Fact]
    public void Any_address_becomes_the_machines_own_and_a_named_one_stays()
    {
        IPAddress[] own = [IPAddress.Loopback, IPAddress.Parse("fe80::1"), IPAddress.Parse("2001:db8::1"), IPAddress.Parse("192.0.2.1")];
        Assert.Equal(["192.0.2.1:1", "127.0.0.1:1"], PairingOperations.Addresses(PeerAddress.Parse("0.0.0.0:1"), own));
        Assert.Equal(["[2001:db8::1]:1"], PairingOperations.Addresses(PeerAddress.Parse("[::]:1"), own).Where(a => a[0] == '['));
        Assert.Equal(["127.0.0.1:1"], PairingOperations.Addresses(PeerAddress.Parse("127.0.0.1:1"), own));
    }
}
