using System.Text.Json.Serialization;

namespace SyncModule.Benchmarks.Children;

/// <summary>One request to a child process: a line of JSON on its standard input.</summary>
internal sealed record ChildRequest(string Do)
{
    public string? Folder { get; init; }

    public string? Key { get; init; }

    public string? Address { get; init; }

    public string? Held { get; init; }

    public string? Item { get; init; }

    public int Count { get; init; }

    /// <summary>Bytes of each value.</summary>
    public int Bytes { get; init; }

    public int GapMicroseconds { get; init; }
}

/// <summary>The answer: a line of JSON on its standard output. Ticks are those of <see cref="System.Diagnostics.Stopwatch"/>, which all processes of a machine share.</summary>
internal sealed record ChildAnswer
{
    public string? Error { get; init; }

    public int Port { get; init; }

    public long Start { get; init; }

    public long End { get; init; }

    public string? Held { get; init; }

    public double Processor { get; init; }

    public long Bytes { get; init; }

    public int RoundTrips { get; init; }

    public IReadOnlyList<long>? Times { get; init; }
}

[JsonSerializable(typeof(ChildRequest))]
[JsonSerializable(typeof(ChildAnswer))]
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
internal sealed partial class ChildJson : JsonSerializerContext;
