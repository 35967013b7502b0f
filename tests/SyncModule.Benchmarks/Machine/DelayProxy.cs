using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SyncModule.Benchmarks.Machine;

/// <summary>
/// A TCP proxy on loopback that holds each byte back by a fixed time in each direction, as a long line does, and counts. It accepts
/// at once: what TCP's own handshake would cost on the long line has to be added by who reads the result.
/// </summary>
internal sealed class DelayProxy : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _target;
    private readonly TimeSpan _oneWay;
    private readonly ConcurrentBag<Socket> _sockets = [];

    /// <param name="target">Address of the listening end, "127.0.0.1:port".</param>
    /// <param name="roundTrip">Half of it is added in each direction.</param>
    public DelayProxy(string target, TimeSpan roundTrip)
    {
        _target = IPEndPoint.Parse(target);
        _oneWay = roundTrip / 2;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Address = _listener.LocalEndPoint!.ToString()!;
        Begin(Accept);
    }

    public string Address { get; }

    /// <summary>The two directions of the newest connection.</summary>
    public Direction Up { get; private set; } = new();

    public Direction Down { get; private set; } = new();

    public void Dispose()
    {
        _listener.Dispose();
        foreach (var socket in _sockets) socket.Dispose();
    }

    private void Accept()
    {
        while (true)
        {
            var near = _listener.Accept();
            var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            far.Connect(_target);
            foreach (var socket in new[] { near, far })
            {
                socket.NoDelay = true;
                _sockets.Add(socket);
            }

            (Up, Down) = (new(), new());
            Carry(near, far, Up);
            Carry(far, near, Down);
        }
    }

    private void Carry(Socket from, Socket to, Direction direction)
    {
        var held = new BlockingCollection<(long Due, byte[] Bytes)>();
        long delay = (long)(_oneWay.TotalSeconds * Stopwatch.Frequency);
        Begin(() =>
        {
            byte[] buffer = new byte[64 << 10];
            int count;
            do
            {
                count = Receive(from, buffer);
                direction.Count(buffer.AsSpan(0, count));
                held.Add((Stopwatch.GetTimestamp() + delay, buffer.AsSpan(0, count).ToArray()));
            }
            while (count > 0);
        });
        Begin(() =>
        {
            while (true)
            {
                var (due, bytes) = held.Take();
                while (Stopwatch.GetTimestamp() is var now && now < due)
                {
                    // A sleep ends up to two milliseconds late, and what is late here would be counted as a part of a round trip.
                    var left = Stopwatch.GetElapsedTime(now, due);
                    if (left > TimeSpan.FromMilliseconds(3)) Thread.Sleep(left - TimeSpan.FromMilliseconds(2));
                    else Thread.SpinWait(20);
                }

                if (bytes.Length == 0) break;
                to.Send(bytes);
            }

            to.Shutdown(SocketShutdown.Send);
        });
    }

    // A connection that is torn down has ended, as one that is closed.
    private static int Receive(Socket from, byte[] buffer)
    {
        try
        {
            return from.Receive(buffer);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    // Threads of their own, so that no pool delays what is timed; they end with the sockets.
    private static void Begin(Action body)
    {
        var thread = new Thread(() =>
        {
            try
            {
                body();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
            }
        })
        { IsBackground = true, Name = "delay proxy" };
        thread.Start();
    }

    /// <summary>What went one way: all bytes, and the length of the first message (u16 length and what it announces).</summary>
    internal sealed class Direction
    {
        private readonly byte[] _head = new byte[2];
        private long _bytes;

        public long Bytes => Volatile.Read(ref _bytes);

        public int FirstMessage => 2 + BinaryPrimitives.ReadUInt16BigEndian(_head);

        public void Count(ReadOnlySpan<byte> bytes)
        {
            for (int i = 0; i < bytes.Length && _bytes + i < 2; i++) _head[_bytes + i] = bytes[i];
            Volatile.Write(ref _bytes, _bytes + bytes.Length);
        }
    }
}
