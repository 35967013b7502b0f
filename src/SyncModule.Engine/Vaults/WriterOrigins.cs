using SyncModule.Core.Encoding;
using SyncModule.Core.Merging;

namespace SyncModule.Engine.Vaults;

/// <summary>An origin and the number that stands for it in rows.</summary>
internal readonly record struct NumberedOrigin(DeviceId Device, LogId Log, int Number);

/// <summary>
/// The numbers that the writer uses in the rows that it makes ahead of the index: those that the index had given when the writer began, then
/// the next ones, as the index will give them. Whoever takes the rows compares <see cref="TakeUsed"/> with what the index says: a guess that
/// was wrong costs time and nothing else. Under the writer's lock only.
/// </summary>
internal sealed class WriterOrigins : IOriginNumbers
{
    private readonly Dictionary<(DeviceId Device, LogId Log), int> _numbers = [];
    private readonly Dictionary<int, (DeviceId Device, LogId Log)> _origins = [];
    private readonly List<NumberedOrigin> _used = [];
    private int _last;

    public WriterOrigins(IEnumerable<NumberedOrigin> given)
    {
        foreach (var (device, log, number) in given) Add(device, log, number);
    }

    public int NumberOf(DeviceId device, LogId log)
    {
        if (_used.Count > 0 && _used[^1] is var last && last.Log == log && last.Device == device) return last.Number;
        if (!_numbers.TryGetValue((device, log), out int number)) Add(device, log, number = _last + 1);
        var origin = new NumberedOrigin(device, log, number);
        if (!_used.Contains(origin)) _used.Add(origin);
        return number;
    }

    public (DeviceId Device, LogId Log) OriginOf(int number) =>
        _origins.TryGetValue(number, out var origin) ? origin : throw new VaultFormatException("A state names an origin that its writer did not have.");

    /// <summary>The origins that were named since the last call.</summary>
    public NumberedOrigin[] TakeUsed()
    {
        NumberedOrigin[] used = [.. _used];
        _used.Clear();
        return used;
    }

    private void Add(DeviceId device, LogId log, int number)
    {
        _numbers[(device, log)] = number;
        _origins[number] = (device, log);
        _last = Math.Max(_last, number);
    }
}
