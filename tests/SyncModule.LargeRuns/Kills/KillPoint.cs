using System.Globalization;

namespace SyncModule.LargeRuns.Kills;

/// <summary>Before which call the program is killed: the n-th of that name in whichever of its threads makes that many first, as strace counts.</summary>
internal readonly record struct KillPoint(string Call, int Number)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Call}:{Number}");

    /// <summary>The form that <see cref="ToString"/> gives.</summary>
    public static KillPoint Parse(string text)
    {
        string[] parts = text.Split(':');
        return new(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}

/// <summary>One call that strace has seen: the thread, its name, its how-manieth of that name in that thread, and the line.</summary>
internal sealed record TracedCall(string Thread, string Call, int Number, string Line)
{
    /// <summary>Reads what `strace -f -y -o` wrote. The second half of a call that another thread interrupted is no call.</summary>
    public static List<TracedCall> ReadAll(string path)
    {
        var calls = new List<TracedCall>();
        var counts = new Dictionary<(string, string), int>();
        foreach (string line in File.ReadLines(path))
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal), open = line.IndexOf('(', StringComparison.Ordinal);
            if (space < 0 || open < 0) continue;
            string thread = line[..space], call = line[space..open].Trim();
            if (call.Length == 0 || !call.All(char.IsAsciiLetterOrDigit)) continue;
            int number = counts.GetValueOrDefault((thread, call)) + 1;
            counts[(thread, call)] = number;
            calls.Add(new(thread, call, number, line));
        }

        return calls;
    }
}
