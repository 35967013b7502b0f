using System.Net;
using System.Net.Sockets;

namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>A userspace proxy in front of a listening process: hands on everything from its clients, and from the server the first bytes alone; then it keeps silent.</summary>
internal sealed class StallingProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _server;
    private readonly long _most;
    private readonly List<TcpClient> _open = [];
    private readonly ManualResetEventSlim _over = new();

    public StallingProxy(string server, long mostBytes)
    {
        _server = IPEndPoint.Parse(server);
        _most = mostBytes;
        _listener.Start();
        new Thread(Accept) { IsBackground = true }.Start();
    }

    public string Address => _listener.LocalEndpoint.ToString()!;

    /// <summary>True once a connection was stalled.</summary>
    public bool Stalled { get; private set; }

    public void Dispose()
    {
        _over.Set();
        _listener.Stop();
        lock (_open) _open.ForEach(c => c.Dispose());
    }

    private void Accept()
    {
        while (!_over.IsSet)
        {
            try
            {
                var client = _listener.AcceptTcpClient();
                var server = new TcpClient();
                server.Connect(_server);
                lock (_open) _open.AddRange([client, server]);
                new Thread(() => Copy(client, server, long.MaxValue)) { IsBackground = true }.Start();
                new Thread(() => Copy(server, client, _most)) { IsBackground = true }.Start();
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private void Copy(TcpClient from, TcpClient to, long most)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            using (to)
            {
                for (long moved = 0; moved < most;)
                {
                    int read = from.GetStream().Read(buffer, 0, (int)Math.Min(buffer.Length, most - moved));
                    if (read == 0) return;
                    to.GetStream().Write(buffer, 0, read);
                    moved += read;
                }

                Stalled = true;
                _over.Wait();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // One end is gone.
        }
    }
}
