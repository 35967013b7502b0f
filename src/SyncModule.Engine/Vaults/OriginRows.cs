using System.Buffers.Binary;
using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Vaults;

/// <summary>
/// The origins that item rows name by number (see <see cref="IndexTables.Origin"/>), as one transaction sees them. Nothing is kept from one
/// transaction to the next: an index that was made anew gives its numbers anew.
/// </summary>
internal sealed class OriginRows(ITableTransaction transaction) : IOriginNumbers
{
    private const int ByNumber = 0, ByOrigin = 1;
    private const int OriginSize = Id32.Size + Id16.Size;

    private readonly Dictionary<int, (DeviceId Device, LogId Log)> _origins = [];
    private readonly Dictionary<(DeviceId Device, LogId Log), int> _numbers = [];
    private (DeviceId Device, LogId Log, int Number) _last;

    /// <summary>All origins of an index as they are now, for who reads rows when the transaction is over.</summary>
    public static IOriginNumbers All(ITableTransaction transaction)
    {
        var all = new Dictionary<int, (DeviceId Device, LogId Log)>();
        foreach (var (device, log, number) in Given(transaction)) all[number] = (device, log);
        return new Known(all);
    }

    /// <summary>The same for who makes rows of this index ahead of it.</summary>
    public static IEnumerable<NumberedOrigin> Given(ITableTransaction transaction)
    {
        foreach (var (key, row) in transaction.Scan(IndexTables.Origin, [ByNumber], [ByOrigin]))
        {
            if (row.Length != OriginSize) continue;
            var (device, log) = Decode(row);
            yield return new(device, log, BinaryPrimitives.ReadInt32BigEndian(key.AsSpan(1)));
        }
    }

    public int NumberOf(DeviceId device, LogId log)
    {
        if (_last.Number > 0 && _last.Log == log && _last.Device == device) return _last.Number;
        if (!_numbers.TryGetValue((device, log), out int number)) _numbers[(device, log)] = number = FindOrGive(device, log);
        _last = (device, log, number);
        return number;
    }

    public (DeviceId Device, LogId Log) OriginOf(int number)
    {
        if (_last.Number > 0 && _last.Number == number) return (_last.Device, _last.Log);
        if (!_origins.TryGetValue(number, out var origin))
        {
            if (transaction.Get(IndexTables.Origin, NumberKey(number)) is not { Length: OriginSize } row) throw new VaultFormatException("A state names an origin that the index does not have.");
            _origins[number] = origin = Decode(row);
        }

        _last = (origin.Device, origin.Log, number);
        return origin;
    }

    // Numbers count from 1: the last row of the table's first half has the greatest.
    private int FindOrGive(DeviceId device, LogId log)
    {
        Span<byte> key = stackalloc byte[1 + OriginSize], number = stackalloc byte[sizeof(int)];
        key[0] = ByOrigin;
        device.CopyTo(key[1..]);
        log.CopyTo(key[(1 + Id32.Size)..]);
        if (transaction.Get(IndexTables.Origin, key) is { Length: sizeof(int) } known) return BinaryPrimitives.ReadInt32BigEndian(known);
        int next = 1;
        foreach (var (last, _) in transaction.Scan(IndexTables.Origin, [ByNumber], [ByOrigin], descending: true))
        {
            next = BinaryPrimitives.ReadInt32BigEndian(last.AsSpan(1)) + 1;
            break;
        }

        BinaryPrimitives.WriteInt32BigEndian(number, next);
        transaction.Put(IndexTables.Origin, key, number);
        transaction.Put(IndexTables.Origin, NumberKey(next), key[1..]);
        return next;
    }

    private static (DeviceId Device, LogId Log) Decode(ReadOnlySpan<byte> row) => (new DeviceId(row[..Id32.Size]), new LogId(row[Id32.Size..]));

    private static byte[] NumberKey(int number)
    {
        var key = new byte[1 + sizeof(int)];
        key[0] = ByNumber;
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(1), number);
        return key;
    }

    private sealed class Known(Dictionary<int, (DeviceId Device, LogId Log)> origins) : IOriginNumbers
    {
        public int NumberOf(DeviceId device, LogId log) => throw new InvalidOperationException("These rows are only read.");

        public (DeviceId Device, LogId Log) OriginOf(int number) =>
            origins.TryGetValue(number, out var origin) ? origin : throw new VaultFormatException("A state names an origin that the index does not have.");
    }
}
