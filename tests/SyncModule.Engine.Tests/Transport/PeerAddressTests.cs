using FsCheck;
using FsCheck.Fluent;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Transport;

public sealed class PeerAddressTests
{
    [Theory]
    [InlineData("desk", "desk", 22020)]
    [InlineData("Desk.Example.ORG:7", "desk.example.org", 7)]
    [InlineData("desk.example.", "desk.example.", 22020)]
    [InlineData("my_nas-2:65535", "my_nas-2", 65535)]
    [InlineData("192.168.1.20", "192.168.1.20", 22020)]
    [InlineData("10.0.0.1:0", "10.0.0.1", 0)]
    [InlineData("::1", "::1", 22020)]
    [InlineData("2001:db8::1:2202", "2001:db8::1:2202", 22020)] // bare IPv6 takes no port
    [InlineData("[::1]:443", "::1", 443)]
    [InlineData("[::1]", "::1", 22020)]
    [InlineData("2001:DB8:0:0::5", "2001:db8::5", 22020)]
    [InlineData("bücher.example", "xn--bcher-kva.example", 22020)]
    public void Good_addresses_are_read(string text, string host, int port)
    {
        var address = PeerAddress.Parse(text);
        Assert.Equal(host, address.Host);
        Assert.Equal(port, address.Port);
        Assert.Equal(address, PeerAddress.Parse(address.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" desk")]
    [InlineData("desk:")]
    [InlineData("desk:65536")]
    [InlineData("desk:+7")]
    [InlineData("desk:7a")]
    [InlineData(":22020")]
    [InlineData("[::1")]
    [InlineData("[::1]22")]
    [InlineData("[desk]:7")]
    [InlineData("[1.2.3.4]:7")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.04")]
    [InlineData("1")]
    [InlineData("a..b")]
    [InlineData("-desk")]
    [InlineData("desk-.example")]
    [InlineData("de sk")]
    [InlineData("tcp://desk")]
    [InlineData("a:b:c")]
    [InlineData("desk\n")]
    [InlineData("::1:22020")]
    public void Bad_addresses_are_refused_with_a_typed_error(string text) =>
        Assert.Equal("AddressInvalid", Assert.Throws<SyncException>(() => PeerAddress.Parse(text)).ErrorId);

    [Fact]
    public void Too_long_names_and_labels_are_refused()
    {
        Assert.False(PeerAddress.TryParse(new string('a', 64), out _));
        Assert.True(PeerAddress.TryParse(new string('a', 63), out _));
        Assert.False(PeerAddress.TryParse(string.Join('.', Enumerable.Repeat("abcdefg", 32)), out _));
        Assert.False(PeerAddress.TryParse(new string('1', 100_000), out _));
    }

    [Fact]
    public void Whatever_parses_prints_as_text_that_parses_to_the_same() =>
        Prop.ForAll<NonNull<string>>(text => !PeerAddress.TryParse(text.Get, out var a) || a.Equals(PeerAddress.Parse(a.ToString()))).QuickCheckThrowOnFailure();
}
