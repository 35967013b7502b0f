using System.Globalization;

namespace SyncModule.LargeRuns.Bits;

/// <summary>What one flip led to.</summary>
internal enum FlipEnd
{
    Found,
    Harmless,
    Refused,
}

/// <summary>Counts the flips of one file. Safe for several threads.</summary>
internal sealed class FlipTally(string file, bool print)
{
    private const int MostPlaces = 8, MostOfOne = 8;
    private const int MostFrames = 12;

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal); // where violations were thrown, and how many
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly long[] _ends = new long[3];

    public List<string> Violations { get; } = [];

    /// <summary>Does one flip; whatever it throws is a violation.</summary>
    public void Try(long bit, Func<(FlipEnd End, string? Error)> flip)
    {
        try
        {
            var (end, error) = flip();
            lock (_gate)
            {
                _ends[(int)end]++;
                if (error is not null) _errors[error] = _errors.GetValueOrDefault(error) + 1;
            }
        }
        catch (Exception e)
        {
            string frames = string.Join(" < ", (e.StackTrace ?? "").Split('\n').Select(f => f.Trim()).Where(f => f.Contains(" SyncModule.", StringComparison.Ordinal)).Take(MostFrames).Select(f => f[14..].Split('(')[0]));
            string violation = string.Create(CultureInfo.InvariantCulture, $"{file}:{bit} (byte {bit / 8}): {e.GetType().Name}: {e.Message} [{frames}]");
            lock (_gate)
            {
                _ends[0]++;
                Violations.Add(violation);
                string place = e.GetType().Name + frames;
                int known = _places[place] = _places.GetValueOrDefault(place) + 1;
                if (print && _places.Count <= MostPlaces && known <= MostOfOne) Console.WriteLine("VIOLATION " + violation);
            }
        }
    }

    public FileFlips Sum() => new(file, _ends.Sum(), _ends[(int)FlipEnd.Found], _ends[(int)FlipEnd.Harmless], _ends[(int)FlipEnd.Refused]) { Errors = _errors };
}
