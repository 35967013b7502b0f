using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Nodes;
using SyncModule.Engine.Pairing;
using SyncModule.Engine.Transport;
using SyncModule.Engine.Vaults;

namespace SyncModule.LargeRuns.Hosts;

/// <summary>Two vaults of this process meet over a network in memory, with everything that real sessions have: handshake, threads, journals.</summary>
internal static class Meeting
{
    private static readonly PeerAddress Listening = PeerAddress.Parse("127.0.0.1:0");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>One round: <paramref name="server"/> accepts, <paramref name="client"/> syncs both ways. A round that does not end is a <see cref="Violation"/>.</summary>
    public static RoundSummary Sync(Vault client, Vault server) => With(server, (options, address) =>
    {
        using var node = new SyncNode(client, options);
        return End(node.SyncAsync([address], new SyncRequest()), "a round of syncing");
    });

    /// <summary>Lets <paramref name="body"/> run while a vault serves, in memory or on another transport; it gets the network and the address.</summary>
    public static T With<T>(Vault server, Func<NodeOptions, string, T> body, ITransport? transport = null)
    {
        var options = new NodeOptions { Transport = transport ?? new MemoryTransport() };
        using var node = new SyncNode(server, options);
        using var stop = new CancellationTokenSource();
        string address = "";
        var serving = node.ServeAsync(Listening, a => address = a.ToString(), null, stop.Token);
        try
        {
            return body(options, address);
        }
        finally
        {
            stop.Cancel();
            if (End(serving.ContinueWith(t => t.Exception?.InnerException, TaskScheduler.Default), "serving") is { } failure) throw new Violation("serving ends with an error: " + failure.Message, failure);
        }
    }

    /// <summary>Invites and joins; the joiner's first sync included. Throws what joining throws.</summary>
    public static JoinResult Pair(Vault inviter, Host joiner, IVaultStores stores)
    {
        var options = new NodeOptions { Transport = new MemoryTransport() };
        return WithInvite(inviter, options, text => Join(text, joiner, stores, options));
    }

    /// <summary>Joins with an invite's text, first sync included. Throws what joining throws.</summary>
    public static JoinResult Join(string invite, Host joiner, IVaultStores stores, NodeOptions options)
    {
        using var slot = SlotKey.FromKeyFile(joiner.Key);
        return End(PairingOperations.JoinAsync(invite, stores, joiner.Name, [slot], options, TimeProvider.System, SystemRandomSource.Instance, file => file.UnlockWithKeyFile(joiner.Key)), "joining");
    }

    /// <summary>Lets <paramref name="body"/> run while a vault waits for whoever comes with the invite that the body gets.</summary>
    public static T WithInvite<T>(Vault inviter, NodeOptions options, Func<string, T> body)
    {
        using var stop = new CancellationTokenSource();
        string text = "";
        var inviting = PairingOperations.InviteAsync(inviter, options, Listening, TimeSpan.FromMinutes(5), (t, _) => text = t, stop.Token);
        try
        {
            return body(text);
        }
        finally
        {
            // After a join that failed nobody comes any more.
            if (Task.WaitAny(inviting, Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None)) != 0) stop.Cancel();
            var failure = End(inviting.ContinueWith(t => t.Exception?.InnerException, TaskScheduler.Default), "inviting");
            if (failure is not (null or SyncException or OperationCanceledException)) throw new Violation("inviting ends untyped: " + failure.Message, failure);
        }
    }

    private static T End<T>(Task<T> task, string what)
    {
        try
        {
            if (!task.Wait(Patience)) throw new Violation($"{what} did not end");
        }
        catch (AggregateException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        return task.Result;
    }
}
