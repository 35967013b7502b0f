using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SyncModule.Benchmarks.Machine;
using SyncModule.Benchmarks.Report;
using SyncModule.Core.Chunking;
using SyncModule.Engine.Buffers;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Cryptography.Noise;
using SyncModule.Engine.Storage;

namespace SyncModule.Benchmarks.Works;

/// <summary>
/// What this processor needs for the parts that every transfer is made of, each alone and with nothing around it: no transfer can need less
/// than their sum. Beside the figures of <see cref="BulkWork"/> it says what is left to be saved, and what is not.
/// </summary>
internal sealed class FloorWork : IWork
{
    private const long FullSize = 512L << 20;
    private const int BlockSize = 4 << 20, Blocks = 8, Message = NoiseTransport.MaxPlaintext, Piece = 1 << 20;

    /// <summary>As long as the mean chunk of random content.</summary>
    private const int ObjectSize = 67 << 10;

    private static readonly (Figure Figure, bool InTransfer, int InImport)[] Parts =
    [
        (new("floor/socket", "processor: loopback, send and receive", "s/GB"), true, 1),
        (new("floor/seal", "processor: channel, seal", "s/GB"), true, 1),
        (new("floor/open", "processor: channel, open", "s/GB"), true, 1),
        (new("floor/hash", "processor: addresses of the records, many at once", "s/GB"), true, 2), // where it is sealed, and where it arrives
        (new("floor/write", "processor: write past the page cache, and sync", "s/GB"), true, 2),
        (new("floor/read", "processor: read from the page cache", "s/GB"), true, 1),
        (new("floor/chunk", "processor: content-defined chunking", "s/GB"), false, 1),
        (new("floor/mac", "processor: key of each object, many at once", "s/GB"), false, 1),
        (new("floor/object", "processor: seal of each object", "s/GB"), false, 1),
    ];

    private const int ReadPart = 5;

    private static readonly Figure Transfer = new("floor/transfer", "processor: least for a transfer alone", "s/GB");
    private static readonly Figure ImportSend = new("floor/import+send", "processor: least for import + send", "s/GB");

    public string Name => "floor";

    public string About => "processor time a GB of each part that a transfer is made of: what no transfer can do without";

    public unsafe void Run(BenchContext context)
    {
        context.Tell("floor");
        long size = context.Quick ? FullSize / 8 : FullSize;
        using var pool = new BlockPool(BlockSize, Blocks + 1);
        var blocks = Enumerable.Range(0, Blocks).Select(_ => pool.Rent()).ToList();
        foreach (var block in blocks) RandomNumberGenerator.Fill(block.GetSpan());
        var target = pool.Rent();
        Action<long>[] parts = [Socket, s => Seal(s, blocks), s => Open(s, blocks), s => Hash(s, blocks), s => Write(context, s, blocks), s => Read(context, s, target), s => Chunk(s, blocks), s => Mac(s, blocks), s => SealObjects(s, blocks, target)];
        for (int round = 0; round <= context.Rounds; round++)
        {
            if (round > 0) context.Tell($" round {round}");
            double transfer = 0, import = 0;
            context.Settle();
            for (int i = 0; i < parts.Length; i++)
            {
                if (i == ReadPart) MemoryWarmth.ReadThrough(FileOf(context));
                double before = Environment.CpuUsage.TotalTime.TotalSeconds;
                parts[i](size);
                double seconds = (Environment.CpuUsage.TotalTime.TotalSeconds - before) / (size / 1e9);
                if (round == 0) continue; // code that is being met
                context.Note(Parts[i].Figure, seconds);
                transfer += Parts[i].InTransfer ? seconds : 0;
                import += seconds * Parts[i].InImport;
            }

            if (round == 0) continue;
            context.Note(Transfer, transfer);
            context.Note(ImportSend, import);
        }

        File.Delete(FileOf(context));
        foreach (var block in blocks) block.Release();
        target.Release();
    }

    private static string FileOf(BenchContext context) => Path.Combine(context.Scratch.Root, "floor");

    private static void Socket(long size)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var from = new TcpClient(AddressFamily.InterNetwork);
        from.Connect((IPEndPoint)listener.LocalEndpoint);
        using var to = listener.AcceptTcpClient();
        var receive = new Thread(() =>
        {
            var buffer = new byte[Piece];
            for (long left = size; left > 0;) left -= to.Client.Receive(buffer, (int)Math.Min(buffer.Length, left), SocketFlags.None);
        });
        receive.Start();
        var bytes = new byte[Piece / 4];
        for (long left = size; left > 0;) left -= from.Client.Send(bytes, (int)Math.Min(bytes.Length, left), SocketFlags.None);
        receive.Join();
    }

    private static void Seal(long size, List<Block> blocks)
    {
        using var cipher = new CipherState();
        cipher.InitializeKey(new byte[32]);
        var message = new byte[Message + NoiseTransport.Overhead];
        ForEach(size, blocks, Message, plain => cipher.Encrypt([], plain, message));
    }

    private static void Open(long size, List<Block> blocks)
    {
        // One message again and again: both counters begin anew each time.
        using CipherState seal = new(), open = new();
        var message = new byte[Message + NoiseTransport.Overhead];
        seal.InitializeKey(new byte[32]);
        seal.Encrypt([], blocks[0].GetSpan()[..Message], message);
        ForEach(size, blocks, Message, plain =>
        {
            open.InitializeKey(new byte[32]);
            if (!open.TryDecrypt([], message, plain, out _)) throw new InvalidOperationException("A message does not open.");
        });
    }

    private static unsafe void Hash(long size, List<Block> blocks)
    {
        var digests = new Core.Model.Id32[BlockSize / ObjectSize];
        var messages = new LaneMessage[digests.Length];
        for (int i = 0; i < messages.Length; i++) messages[i] = new(i * ObjectSize, ObjectSize);
        ForEach(size, blocks, messages.Length * ObjectSize, bytes => Lanes.Hash(bytes, messages, digests));
    }

    private static void Mac(long size, List<Block> blocks)
    {
        using var lanes = new HmacLanes(new byte[32]);
        var macs = new Core.Model.Id32[BlockSize / ObjectSize];
        var messages = new LaneMessage[macs.Length];
        for (int i = 0; i < messages.Length; i++) messages[i] = new(i * ObjectSize, ObjectSize);
        ForEach(size, blocks, messages.Length * ObjectSize, bytes => lanes.Compute(bytes, messages, macs));
    }

    private static void SealObjects(long size, List<Block> blocks, Block target)
    {
        // A key of its own for each, as the format has it.
        var key = new byte[32];
        ForEach(size, blocks, ObjectSize, plain =>
        {
            key[0]++;
            Gcm.Seal(key, [], plain, target.GetSpan()[..(plain.Length + Gcm.TagSize)]);
        });
    }

    private static void Chunk(long size, List<Block> blocks)
    {
        var table = GearTable.Derive(new byte[GearTable.KeySize]);
        ForEach(size, blocks, BlockSize, bytes =>
        {
            while (!bytes.IsEmpty) bytes = bytes[Chunker.NextCut(bytes, table, final: true)..];
        });
    }

    private static void Write(BenchContext context, long size, List<Block> blocks)
    {
        string path = FileOf(context);
        File.Delete(path);
        using var file = LocalDisk.Open(Path.GetDirectoryName(path)!).Open(Path.GetFileName(path), DiskOpen.CreateNew);
        file.Preallocate(size);
        for (long at = 0; at < size; at += BlockSize) file.WriteDirect(at, blocks[(int)(at / BlockSize % Blocks)].GetSpan());
        file.Sync();
    }

    // What the write of the same round left, which was read once before.
    private static void Read(BenchContext context, long size, Block target)
    {
        string path = FileOf(context);
        using var file = LocalDisk.Open(Path.GetDirectoryName(path)!).Open(Path.GetFileName(path), DiskOpen.Read);
        for (long at = 0; at < size; at += Piece) file.Read(at, target.GetSpan()[..Piece]);
    }

    private static void ForEach(long size, List<Block> blocks, int piece, SpanAction<byte> body)
    {
        long done = 0;
        for (int i = 0; done < size; i = (i + 1) % blocks.Count)
        {
            for (int at = 0; at + piece <= BlockSize && done < size; at += piece, done += piece) body(blocks[i].GetSpan().Slice(at, piece));
        }
    }

    private delegate void SpanAction<T>(Span<T> bytes);
}
