using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SyncModule.Benchmarks.Machine;

/// <summary>
/// A line of the same delay as a <see cref="DelayProxy"/>'s, with nothing but an echo behind it: what a round trip on it really takes on this
/// machine at this moment. A sleeping thread wakes late, the later the busier the machine is, and each half of a round trip waits for one.
/// </summary>
internal sealed class EchoLine : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly DelayProxy _proxy;
    private readonly Socket _near = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public EchoLine(TimeSpan roundTrip)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        new Thread(Echo) { IsBackground = true, Name = "echo" }.Start();
        _proxy = new DelayProxy(_listener.LocalEndPoint!.ToString()!, roundTrip);
        _near.NoDelay = true;
        _near.Connect(IPEndPoint.Parse(_proxy.Address));
    }

    /// <summary>Seconds from a byte's sending to its return.</summary>
    public double RoundTrip()
    {
        byte[] one = new byte[1];
        long start = Stopwatch.GetTimestamp();
        _near.Send(one);
        if (_near.Receive(one) != 1) throw new InvalidOperationException("The echo ended.");
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public void Dispose()
    {
        _near.Dispose();
        _proxy.Dispose();
        _listener.Dispose();
    }

    private void Echo()
    {
        try
        {
            using var socket = _listener.Accept();
            socket.NoDelay = true;
            byte[] one = new byte[1];
            while (socket.Receive(one) == 1) socket.Send(one);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The line was given up.
        }
    }
}
