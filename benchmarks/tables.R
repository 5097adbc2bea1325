# Writes the tables of tables.py that come with R, mclust and MASS: tables.R FOLDER.
suppressMessages({ library(mclust); library(MASS) })
data(list = c(
  "acidity", "banknote", "chevron", "cross", "diabetes", "EuroUnemployment", "thyroid", "wreath",
  "Baudry_etal_2010_JCGS_examples"
))
set.seed(1)
centres <- matrix(c(0, 0, 4, 1, 1, 5), ncol = 2, byrow = TRUE)
group <- sample(3, 20000, replace = TRUE)

one_dimensional <- list(
  abbey = abbey, acidity = acidity, chem = chem, "earthquakes, magnitude" = quakes$mag,
  "faithful, eruptions" = faithful$eruptions, "faithful, waiting" = faithful$waiting,
  galaxies = galaxies / 1000, "islands, log" = log(islands), lh = lh, "lynx, log" = log(lynx),
  newcomb = newcomb, nhtemp = nhtemp, Nile = Nile, precip = precip, "rivers, log" = log(rivers),
  shrimp = shrimp, Test1D = Test1D
)
others <- list(
  airquality = airquality[, 1:4], anorexia = anorexia[, 2:3], attitude = attitude,
  banknote = banknote[, -1], Boston = Boston[, c("nox", "rm", "age", "lstat", "medv")],
  cars = cars, cats = cats[, 2:3], chevron = chevron[, -1],
  "cpus, log" = log(cpus[, c("cach", "mmin", "mmax", "perf")] + 1), crabs = crabs[, 4:8],
  cross = cross[, -1], diabetes = diabetes[, -1], earthquakes = quakes, ex4.1 = ex4.1,
  ex4.2 = ex4.2, ex4.3 = ex4.3, faithful = faithful, geyser = geyser, hills = hills,
  iris = iris[, 1:4], "iris, petals" = iris[, 3:4], "mammals, log" = log(mammals),
  mtcars = mtcars[, c("mpg", "disp", "hp", "drat", "wt", "qsec")], painters = painters[, 1:4],
  Pima = Pima.tr[, 1:7],
  "road, log" = log(road[road$deaths > 0, c("deaths", "drivers", "popden", "rural")] + 1),
  rock = rock, stackloss = stackloss, swiss = swiss, thyroid = thyroid[, -1], trees = trees,
  UScereal = UScereal[, c("calories", "protein", "sugars", "carbo")],
  unemployment = EuroUnemployment, USArrests = USArrests, wreath = wreath,
  "three clouds" = centres[group, ] + matrix(rnorm(40000), ncol = 2)
)
folder <- commandArgs(trailingOnly = TRUE)[1]
tables <- c(lapply(one_dimensional, function(x) data.frame(x = as.numeric(unlist(x)))), others)
for (name in names(tables)) {
  X <- as.data.frame(tables[[name]])
  write.csv(X[complete.cases(X), , drop = FALSE], file.path(folder, paste0(name, ".csv")), row.names = FALSE)
}
