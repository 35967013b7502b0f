using System.Globalization;
using SyncModule.Benchmarks.Works;

namespace SyncModule.Benchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchOptions
{
    public const string Usage = "usage: [names] [--rounds N] [--json FILE] [--quick] [--write-docs] [--scratch FOLDER] [--list]";

    /// <summary>Fewest timed rounds whose median is worth writing down.</summary>
    public const int FewestRounds = 5;

    /// <summary>Works to run; none = all.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public int Rounds { get; init; } = FewestRounds;

    public string? Json { get; init; }

    /// <summary>Smaller loads and two rounds: to see that everything runs. Its figures mean nothing.</summary>
    public bool Quick { get; init; }

    public bool WriteDocs { get; init; }

    public bool List { get; init; }

    /// <summary>Where the folder for all vaults, outputs and rivals is made; on the disk that is to be measured.</summary>
    public string Scratch { get; init; } = Path.GetTempPath();

    /// <exception cref="ArgumentException">With a text for the user.</exception>
    public static BenchOptions Parse(string[] args)
    {
        var options = new BenchOptions();
        var names = new List<string>();
        int? rounds = null;
        for (int i = 0; i < args.Length; i++)
        {
            string Value() => i + 1 < args.Length ? args[++i] : throw new ArgumentException($"{args[i]} takes a value", nameof(args));
            switch (args[i])
            {
                case "--rounds": rounds = int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0 ? n : throw new ArgumentException("--rounds takes a positive number", nameof(args)); break;
                case "--json": options = options with { Json = Path.GetFullPath(Value()) }; break;
                case "--scratch": options = options with { Scratch = Path.GetFullPath(Value()) }; break;
                case "--quick": options = options with { Quick = true }; break;
                case "--write-docs": options = options with { WriteDocs = true }; break;
                case "--list": options = options with { List = true }; break;
                case var name when AllWorks.List.Any(w => w.Name == name): names.Add(name); break;
                default: throw new ArgumentException($"'{args[i]}' is no option and no benchmark (--list names them)", nameof(args));
            }
        }

        options = options with { Names = names, Rounds = rounds ?? (options.Quick ? 2 : FewestRounds) };
        if (options.WriteDocs && (options.Quick || options.Rounds < FewestRounds)) throw new ArgumentException($"--write-docs takes {FewestRounds} rounds or more, and no --quick", nameof(args));
        return options;
    }
}
