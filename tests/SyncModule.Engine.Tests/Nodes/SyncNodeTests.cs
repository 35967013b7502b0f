using SyncModule.Core.Merging;
using SyncModule.Core.Protocol;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Tests.Transport;
using SyncModule.Engine.Tests.Vaults;
using SyncModule.Engine.Transport;

namespace SyncModule.Engine.Tests.Nodes;

public sealed class SyncNodeTests
{
    [Fact]
    public async Task A_joined_vault_gets_everything_and_a_second_round_has_nothing_to_do()
    {
        await using var pair = await PairedVaults.CreateAsync();
        var big = new byte[3_000_001];
        new Random(1).NextBytes(big);
        pair[0].Vault.Put("items", "big", new MemoryStream(big));
        for (int i = 0; i < 25; i++) pair[0].Vault.Put("k" + i, "v" + i);
        var first = await pair.SyncAsync(1, 0);
        Assert.Equal(SyncOutcome.Synced, first.Outcome);
        Assert.Equal(26, first.CommitsReceived);
        Assert.Equal(big, pair[1].Vault.Get("big"));
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
        var second = await pair.SyncAsync(1, 0);
        Assert.Equal(SyncOutcome.UpToDate, second.Outcome);
        Assert.Equal(0, second.ExitCode);
    }

    [Fact]
    public async Task Concurrent_edits_on_both_sides_end_in_equal_digests_and_byte_equal_merge_records()
    {
        await using var pair = await PairedVaults.CreateAsync();
        for (int i = 0; i < 6; i++) pair[0].Vault.Put("k" + i, "base");
        await pair.SyncAsync(1, 0);
        for (int i = 0; i < 6; i++)
        {
            pair[0].Vault.Put("k" + i, "from 0");
            if (i == 3) pair[1].Vault.Delete("items", ["k3"]);
            else pair[1].Vault.Put("k" + i, "from 1");
        }

        Assert.Equal(SyncOutcome.Synced, (await pair.SyncAsync(0, 1)).Outcome);
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
        var records = pair[0].Vault.MergeRecords();
        Assert.Equal(6, records.Count);
        Assert.Equal(MergeRecords.Encode(records), MergeRecords.Encode(pair[1].Vault.MergeRecords()));
        var loser = pair[1].Vault.History("items", "k0").Single(v => v.IsPresent && !v.IsActive);
        pair[1].Vault.Resolve("items", "k0", loser.VersionId);
        await pair.SyncAsync(0, 1);
        Assert.Equal(pair[0].Vault.Digest(), pair[1].Vault.Digest());
        Assert.Equal(MergeRecords.Encode(pair[0].Vault.MergeRecords()), MergeRecords.Encode(pair[1].Vault.MergeRecords()));
        Assert.Equal(pair[0].Vault.GetText("k0"), pair[1].Vault.GetText("k0"));
    }

    [Fact]
    public async Task Push_and_pull_move_one_direction_each()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[0].Vault.Put("zero", "0");
        pair[1].Vault.Put("one", "1");
        await pair.SyncAsync(0, 1, push: true, pull: false);
        Assert.NotNull(pair[1].Vault.Find("items", "zero"));
        Assert.Null(pair[0].Vault.Find("items", "one"));
        await pair.SyncAsync(0, 1, push: false, pull: true);
        Assert.NotNull(pair[0].Vault.Find("items", "one"));
    }

    [Fact]
    public async Task A_push_from_a_device_that_lacks_bytes_is_partial_and_keeps_its_journal()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[0].Vault.Put("items", "big", new MemoryStream(System.Security.Cryptography.RandomNumberGenerator.GetBytes(600_011)));
        await pair.SyncAsync(1, 0);
        pair[1].Vault.Dispose();
        foreach (string file in Directory.GetFiles(Path.Combine(pair[1].Folder, "packs")).Concat(Directory.GetFiles(pair[1].Folder, "index.db*"))) File.Delete(file);
        pair[1].Reopen();
        pair[1].Vault.Put("small", "1");
        using var node = new SyncNode(pair[1].Vault);
        for (int round = 0; round < 2; round++)
        {
            var pushed = await node.SyncAsync([pair.Address(0)], new SyncRequest(Push: true, Pull: false));
            Assert.Equal(SyncOutcome.Partial, pushed.Outcome);
            Assert.Equal(SyncErrors.ContentNotHere, pushed.Peers[0].Error!.Kind);
            Assert.Equal(1, pushed.ExitCode);
            Assert.NotEmpty(SessionJournal.Open(pair[1].Vault));
        }

        Assert.Equal("1", pair[0].Vault.GetText("small"));
        Assert.Equal(SyncOutcome.Synced, (await node.SyncAsync([pair.Address(0)], new SyncRequest())).Outcome);
        Assert.Empty(SessionJournal.Open(pair[1].Vault));
        Assert.Equal(SyncOutcome.UpToDate, (await node.SyncAsync([pair.Address(0)], new SyncRequest())).Outcome);
    }

    [Fact]
    public async Task Three_devices_converge_through_one_of_them()
    {
        await using var trio = await PairedVaults.CreateAsync(3);
        for (int i = 0; i < 3; i++) trio[i].Vault.Put("same", "from " + i);
        await trio.SyncAsync(1, 0);
        await trio.SyncAsync(2, 0);
        await trio.SyncAsync(1, 0);
        Assert.Equal(trio[0].Vault.Digest(), trio[1].Vault.Digest());
        Assert.Equal(trio[0].Vault.Digest(), trio[2].Vault.Digest());
        Assert.Single(trio[2].Vault.MergeRecords());
    }

    [Fact]
    public async Task Following_brings_a_commit_of_another_opener_to_the_peer()
    {
        await using var pair = await PairedVaults.CreateAsync();
        using var stop = new CancellationTokenSource();
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var following = pair.Node(1).FollowAsync([pair.Address(0)], e =>
        {
            if (e.Kind == "UpToDate") connected.TrySetResult();
        }, stop.Token);
        await connected.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pair[1].Vault.Changed += () => arrived.TrySetResult();
        using (var other = pair[0].Open()) other.Put("from", "another process");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("another process", pair[1].Vault.GetText("from"));
        await stop.CancelAsync();
        await following;
    }

    [Fact]
    public async Task What_a_peer_has_not_acknowledged_is_counted_and_gone_after_the_next_round()
    {
        await using var pair = await PairedVaults.CreateAsync();
        pair[1].Vault.Put("a", "1");
        await pair.SyncAsync(1, 0);
        var peer = pair[0].Vault.Device;
        Assert.Equal(new PeerLag(0, 0), PeerAcknowledgements.LagOf(pair[1].Vault, peer));
        pair[1].Vault.Put("a", "2");
        pair[1].Vault.Put("b", "3");
        Assert.Equal(new PeerLag(0, 2), PeerAcknowledgements.LagOf(pair[1].Vault, peer));
        await pair.SyncAsync(1, 0);
        Assert.Equal(new PeerLag(0, 0), PeerAcknowledgements.LagOf(pair[1].Vault, peer));
        Assert.Null(PeerAcknowledgements.LagOf(pair[1].Vault, default));
    }

    [Fact]
    public async Task The_round_trip_and_the_transport_of_the_last_session_are_remembered_at_both_ends()
    {
        using var alone = TestVault.Create();
        Assert.Null(PeerLine.Latest(alone.Vault));
        await using var pair = await PairedVaults.CreateAsync();
        await pair.SyncAsync(1, 0);
        for (int i = 0; i < 2; i++)
        {
            var line = PeerLine.Of(pair[i].Vault, pair[1 - i].Vault.Device)!;
            Assert.Equal("tcp", line.Transport);
            Assert.True(line.RoundTrip > TimeSpan.Zero);
            Assert.Equal("tcp", PeerLine.Latest(pair[i].Vault)!.Transport);
            Assert.Null(PeerLine.Of(pair[i].Vault, pair[i].Vault.Device));
        }
    }

    [Fact]
    public void The_shortest_answer_counts()
    {
        var time = new ManualTime();
        var meter = new LineMeter(time);
        meter.Observe(new PingAnswered());
        Assert.False(meter.Began);
        foreach (int milliseconds in new[] { 70, 30, 50 })
        {
            meter.Observe(new PingSent());
            time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            meter.Observe(new PingAnswered());
            time.Advance(TimeSpan.FromMilliseconds(5));
            meter.Observe(new PingAnswered());
        }

        Assert.Equal(TimeSpan.FromMilliseconds(30), meter.Shortest);
    }

    [Fact]
    public async Task What_a_peer_acknowledges_is_known_while_it_is_followed()
    {
        await using var pair = await PairedVaults.CreateAsync();
        new PeerBook(pair[1].Vault).Add("zero", [pair.Address(0)]);
        using var stop = new CancellationTokenSource();
        var following = pair.Node(1).FollowAsync(["zero"], _ => { }, stop.Token);
        var peer = pair[0].Vault.Device;
        for (int i = 0; i < 3; i++)
        {
            pair[1].Vault.Put("a", "value " + i);
            await UntilAsync(() => PeerAcknowledgements.LagOf(pair[1].Vault, peer) is { Outbox: 0 }, following);
        }

        Assert.Equal(peer, new PeerBook(pair[1].Vault).Find("zero")!.Device);
        Assert.False(following.IsCompleted);
        await stop.CancelAsync();
        await following;
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_offline_and_exit_code_3()
    {
        using var test = TestVault.Create();
        using var node = new SyncNode(test.Vault);
        var summary = await node.SyncAsync(["127.0.0.1:1"], new SyncRequest());
        Assert.Equal(SyncOutcome.Offline, summary.Outcome);
        Assert.Equal(3, summary.ExitCode);
        Assert.Equal(SyncErrors.PeerUnreachable, summary.Peers[0].Error!.Kind);
    }

    [Fact]
    public async Task A_peer_of_another_vault_meets_silence_and_writes_nothing()
    {
        await using var pair = await PairedVaults.CreateAsync();
        using var stranger = TestVault.Create("stranger");
        using var node = new SyncNode(stranger.Vault);
        long before = new DirectoryInfo(Path.Combine(pair[0].Folder, "log")).GetFiles().Sum(f => f.Length);
        var summary = await node.SyncAsync([pair.Address(0)], new SyncRequest());
        Assert.Equal(SyncErrors.HandshakeRefused, summary.Peers[0].Error!.Kind);
        Assert.Equal(1, summary.ExitCode);
        Assert.Equal(before, new DirectoryInfo(Path.Combine(pair[0].Folder, "log")).GetFiles().Sum(f => f.Length));
    }

    [Fact]
    public async Task A_body_that_rotted_in_a_pack_is_refused_by_the_receiver_and_everything_else_arrives()
    {
        await using var paired = await PairedVaults.CreateAsync();
        var bytes = new byte[3_000_001];
        new Random(1).NextBytes(bytes);
        paired[0].Vault.Put("files", "large", new MemoryStream(bytes));
        paired[0].Vault.Put("files", "small", new MemoryStream([1, 2, 3]));
        string pack = Assert.Single(Directory.EnumerateFiles(Path.Combine(paired[0].Folder, "packs")));
        byte[] packed = File.ReadAllBytes(pack);
        packed[packed.Length / 2] ^= 1;
        File.WriteAllBytes(pack, packed);
        Assert.Equal(SyncOutcome.Partial, (await paired.SyncAsync(1, 0)).Outcome);
        var (here, there) = (paired[0].Vault.Status(), paired[1].Vault.Status());
        Assert.Equal((here.Items, here.Objects - 1, false), (there.Items, there.Objects, there.Full));

        packed[packed.Length / 2] ^= 1;
        File.WriteAllBytes(pack, packed);
        Assert.Equal(SyncOutcome.Synced, (await paired.SyncAsync(1, 0)).Outcome);
        Assert.Equal(bytes, paired[1].Vault.ReadValue(View.Of(paired[1].Vault.Find("files", "large")!).Winner!.Value!).SelectMany(b => b));
    }

    [Fact]
    public void Peers_are_kept_by_name()
    {
        using var test = TestVault.Create();
        var book = new PeerBook(test.Vault);
        book.Add("laptop", ["example.org", "[::1]:1234"]);
        Assert.Equal(["example.org:22020", "[::1]:1234"], book.Find("laptop")!.Addresses);
        Assert.False(book.Remove("never"));
        Assert.True(book.Remove("laptop"));
        Assert.Empty(book.List());
        Assert.Equal(SyncErrors.AddressInvalid, Assert.Throws<SyncException>(() => book.Add("x", ["not an address!"])).Kind);
        Assert.Equal(22020, PeerAddress.DefaultPort);
    }

    private static async Task UntilAsync(Func<bool> condition, Task running)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            if (running.IsCompleted) await running;
            await Task.Delay(10, patience.Token);
        }
    }
}
