using System.Net;
using System.Net.Sockets;

namespace SyncModule.Engine.Transport;

/// <summary>
/// Connects to the first address of a name that answers: each next address is tried when the one before it failed or was silent for the attempt delay
/// (RFC 8305), so that a dead IPv6 route costs a quarter of a second and not the whole timeout.
/// </summary>
internal sealed class ConnectRace(TcpTransport transport, TimeSpan attemptDelay)
{
    internal async Task<ITransportConnection> RunAsync(IReadOnlyList<IPAddress> addresses, int port, CancellationToken cancellationToken)
    {
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<Socket>>();
        SocketException? first = null;
        int next = 0;
        try
        {
            while (true)
            {
                if (next < addresses.Count) running.Add(AttemptAsync(new IPEndPoint(addresses[next++], port), losers.Token));
                else if (running.Count == 0) throw first!;
                Task pause = Task.Delay(next < addresses.Count ? attemptDelay : Timeout.InfiniteTimeSpan, losers.Token);
                if (await Task.WhenAny([.. running, pause]).ConfigureAwait(false) is not Task<Socket> ended)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    continue;
                }

                running.Remove(ended);
                try
                {
                    return new TcpConnection(await ended.ConfigureAwait(false));
                }
                catch (SocketException e)
                {
                    first ??= e;
                }
            }
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            foreach (var task in running) _ = DiscardAsync(task);
        }
    }

    /// <summary>
    /// A blocking connect on a thread of its own. The asynchronous one would leave the socket in non-blocking mode, in which every later blocking read
    /// goes by way of the event loop: measurably slower (performance-path §3, Follow).
    /// </summary>
    private async Task<Socket> AttemptAsync(IPEndPoint point, CancellationToken cancellationToken)
    {
        var socket = transport.NewSocket(point.AddressFamily);
        try
        {
            using (cancellationToken.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket))
            {
                await Task.Factory.StartNew(() => socket.Connect(point), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            return socket;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    private static async Task DiscardAsync(Task<Socket> attempt)
    {
        try
        {
            (await attempt.ConfigureAwait(false)).Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // A loser of the race: nobody asks for its reason.
        }
    }
}
