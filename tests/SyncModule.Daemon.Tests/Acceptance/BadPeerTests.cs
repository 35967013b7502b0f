using System.Net;
using System.Net.Sockets;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>Peers that are not what they should be: strangers, garbage, lengths over any limit, old invites.</summary>
public class BadPeerTests
{
    [Fact]
    public void A_peer_of_another_vault_is_refused_by_both()
    {
        using var group = new MachineGroup();
        var other = new Machine(group.Root, "other");
        other.Init();
        other.Put("secret", "not for the desk");
        using var serving = other.Serve();
        group.Desk.Run("sync", serving.Address).Failed("HandshakeRefused");
        Assert.Equal("", group.Desk.Run("ls").Ok().Text.Replace("No items.", "", StringComparison.Ordinal).Trim());
        Assert.False(serving.HasExited);
        group.Desk.VerifiesClean();
        other.VerifiesClean();
    }

    [Fact]
    public void A_server_that_speaks_something_else_is_a_typed_error()
    {
        using var group = new MachineGroup();
        foreach (string what in new[] { "http", "zeros", "oversize length", "random", "closes at once" }) SyncsWith(group.Desk, what);
        group.Desk.Put("k", "v");
        group.Desk.VerifiesClean();
    }

    private static void SyncsWith(Machine machine, string what)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Factory.StartNew(
            () =>
            {
                using var client = listener.AcceptTcpClient();
                using var stream = client.GetStream();
                var first = new byte[70];
                stream.ReadExactly(first);
                stream.Write(Garbage(what));
            }, TaskCreationOptions.LongRunning);
        var result = machine.Run("sync", listener.LocalEndpoint.ToString()!);
        answering.Wait();
        Assert.Matches("^error: (HandshakeRefused|MessageTooLarge|ProtocolViolation|SessionLost): [^\\n]+\\. [^\\n]+\\.\\n$", result.Error);
        Assert.Equal((what, 1), (what, result.ExitCode));
    }

    [Fact]
    public void Clients_that_speak_something_else_get_no_byte_and_members_still_sync()
    {
        using var group = new MachineGroup();
        var laptop = group.Joined("laptop");
        group.Desk.Put("k", "v");
        using var serving = group.Desk.Serve();
        foreach (string what in new[] { "http", "zeros", "oversize length", "random", "closes at once", "SM and nothing right" })
        {
            using var client = new TcpClient();
            client.Connect(IPEndPoint.Parse(serving.Address));
            using var stream = client.GetStream();
            stream.Write(Garbage(what));
            client.Client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, AnsweredBytes(stream));
        }

        Assert.Equal("Synced", laptop.Json("sync", serving.Address).GetProperty("outcome").GetString());
        Assert.Equal("v", laptop.Get("k"));
        Assert.False(serving.HasExited);
        group.Desk.VerifiesClean();
    }

    [Fact]
    public void Nobody_listening_is_offline_and_exit_3()
    {
        using var group = new MachineGroup();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string address = listener.LocalEndpoint.ToString()!;
        listener.Stop();
        group.Desk.Run("sync", address).Failed("PeerUnreachable", exitCode: 3);
    }

    [Fact]
    public void An_invite_that_is_expired_used_or_no_invite_admits_nobody()
    {
        using var group = new MachineGroup();
        group.Desk.Put("k", "v");
        string file = group.PathOf("expired");
        using (var inviting = group.Desk.Start("invite", "--listen", "127.0.0.1:0", "--expires", "1s", "--invite-file", file))
        {
            inviting.End().Failed("InviteExpired");
        }

        // Even when somebody listens at its address.
        Joiner(group, "late").Run("join", "--invite-file", file, "--device", "late").Failed("InviteExpired");

        var laptop = new Machine(group.Root, "laptop");
        laptop.Join(group.Desk);
        Joiner(group, "second").Run("join", "--invite-file", laptop.Vault + ".invite", "--device", "second").Failed("PeerUnreachable", exitCode: 3);
        Joiner(group, "third").Run("join", "--invite-file", group.Write("cut", File.ReadAllBytes(laptop.Vault + ".invite")[..40]), "--device", "third").Failed("InviteInvalid");

        Assert.Equal("v", laptop.Get("k"));
        foreach (var machine in new[] { group.Desk, laptop }) machine.VerifiesClean();
        foreach (string name in new[] { "late", "second", "third" }) Assert.False(Directory.Exists(group.PathOf(name)) && Directory.EnumerateFileSystemEntries(group.PathOf(name)).Any());
    }

    private static Machine Joiner(MachineGroup group, string name) => new(group.Root, name);

    private static int AnsweredBytes(NetworkStream stream)
    {
        try
        {
            var answer = new byte[4096];
            return stream.ReadAtLeast(answer, answer.Length, throwOnEndOfStream: false);
        }
        catch (IOException)
        {
            return 0; // It was reset, which says as little.
        }
    }

    private static byte[] Garbage(string what)
    {
        var random = new byte[60_000];
        new Random(5).NextBytes(random);
        return what switch
        {
            "http" => "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray(),
            "zeros" => new byte[5_000],
            "oversize length" => [0xff, 0xff, .. random],
            "SM and nothing right" => [0x00, 0x44, (byte)'S', (byte)'M', 1, 0, .. random[..64]],
            "closes at once" => [],
            _ => random,
        };
    }
}
